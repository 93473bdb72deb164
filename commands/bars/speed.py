"""The engine against a plain vectorised loop in torch: the same model, the same machine, in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from commands.console import Part
from neuro import engine
from neuro.coding import encode
from neuro.network import CountNetwork
from neuro.trace import Recording
from training.models.poisson_vae import PoissonVAE

NOTHING = Recording((), ())
PAUSE_S = 0.3


@torch.inference_mode()
def torch_loop(model: PoissonVAE, raw: Tensor, steps: int) -> Tensor:
    """The float network in single precision, as one writes it in torch: the counts of the last step."""
    drive, competition = model.drive(raw), model.competition()
    log_rates = model.initial_log_rate.expand(len(raw), -1)
    lowest, highest = model.log_rate_bounds
    counts = torch.zeros_like(log_rates)
    for _ in range(steps):
        counts = torch.poisson(log_rates.exp())
        log_rates = (log_rates + drive - counts @ competition).clamp(lowest, highest)
    return counts


def speed_up(
    model: PoissonVAE, network: CountNetwork, samples: np.ndarray, steps: int, repetitions: int, part: Part
) -> float:
    """How many times faster the engine is: the median over repetitions in turns, of ratios."""
    raw = torch.from_numpy(samples.astype(np.float32))
    wide = samples.astype(np.float64)

    def run_engine() -> None:
        engine.run(network, encode(network, wide), steps, NOTHING)

    def run_torch() -> None:
        torch_loop(model, raw, steps)

    run_engine()
    run_torch()
    ratios = []
    with part(f"engine against torch, batch {len(samples)}") as progress:
        for done in range(repetitions):
            ratios.append(seconds_of(run_torch) / seconds_of(run_engine))
            progress(done + 1, repetitions)
    return statistics.median(ratios)


def seconds_of(work: Callable[[], None]) -> float:
    """Wall-clock seconds, on idle cores: threads of torch and BLAS spin for a while after their work is done."""
    time.sleep(PAUSE_S)
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
