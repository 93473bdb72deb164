"""The engine against a plain vectorised loop in torch: the same model on the same machine, alternating."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from quantal.neuro import engine
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.trace import Recording
from quantal.neuro.simulate.drive import encode
from quantal.neuro.simulate.progress import Part
from quantal.training.models.poisson_vae import PoissonVAE

NOTHING = Recording((), ())
PAUSE_S = 0.3


@torch.inference_mode()
def torch_loop(model: PoissonVAE, raw: Tensor, steps: int) -> Tensor:
    """The counts of the last step from the float network in single precision, as one would write it in torch."""
    constant, competition = model.constant_input(raw), model.competition()
    log_rates = model.initial_log_rate.expand(len(raw), -1)
    lowest, highest = model.log_rate_bounds
    counts = torch.zeros_like(log_rates)
    for _ in range(steps):
        counts = torch.poisson(log_rates.exp())
        log_rates = (log_rates + constant - counts @ competition).clamp(lowest, highest)
    return counts


def speed_up(model: PoissonVAE, network: CountNetwork, batches: np.ndarray, steps: int, part: Part) -> float:
    """How many times faster the engine is, as the median ratio over batches `(batches, batch, features)`."""

    def run_engine(batch: np.ndarray) -> None:
        engine.run(network, encode(network, batch.astype(np.float64)), steps, NOTHING)

    def run_torch(batch: np.ndarray) -> None:
        torch_loop(model, torch.from_numpy(batch.astype(np.float32)), steps)

    run_engine(batches[0])
    run_torch(batches[0])
    ratios = []
    with part(f"engine against torch, batch {batches.shape[1]}") as progress:
        for done, batch in enumerate(batches):
            ratios.append(seconds_of(run_torch, batch) / seconds_of(run_engine, batch))
            progress(done + 1, len(batches))
    return statistics.median(ratios)


def seconds_of(work: Callable[[np.ndarray], object], batch: np.ndarray) -> float:
    """Wall-clock seconds of the second of two runs, with warm caches.

    They start after a pause, because threads of torch and BLAS keep spinning for a while after their work is done.
    """
    time.sleep(PAUSE_S)
    work(batch)
    start = time.perf_counter()
    work(batch)
    return time.perf_counter() - start
