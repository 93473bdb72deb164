"""Quality of a network's code at each step, in floating point and in integers, on many samples."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from quantal.neuro import engine
from quantal.neuro.compare.measures import Quality, quality_by_step
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.graph import Graph
from quantal.neuro.network.trace import Recording
from quantal.neuro.simulate.drive import encode
from quantal.neuro.simulate.floats import simulate
from quantal.neuro.simulate.progress import Progress, scaled

Floats = NDArray[np.float64]
ENGINE_BATCH, FLOAT_BATCH = 128, 32
"""Samples in one batch: enough to use all cores, few enough for 300 MB."""


@dataclass(frozen=True)
class MeanQuality:
    """Mean quality of a code over its last steps, and the run time in seconds."""

    r2: float
    zeros: float
    distance: float
    seconds: float


@dataclass(frozen=True, eq=False)
class QualityCurve:
    """R² and share of zeros after each step, `(steps,)`, averaged over samples; `use` is the mean count of each unit.

    `seconds` is the duration of the run, without the measurement.
    """

    r2: Floats
    zeros: Floats
    use: Floats
    seconds: float

    @property
    def distance(self) -> Floats:
        """Distance from the optimum after each step."""
        return np.hypot(1 - self.r2, 1 - self.zeros)

    def last(self, steps: int) -> MeanQuality:
        """Average over the last steps."""
        quality = Quality(float(self.r2[-steps:].mean()), float(self.zeros[-steps:].mean()))
        return MeanQuality(quality.r2, quality.zeros, quality.distance, self.seconds)


def quality_curve(network: CountNetwork | Graph, samples: Floats, messages: NDArray, seconds: float) -> QualityCurve:
    """Quality at each step of messages `(steps, batch, units)` of the first read-out's source."""
    qualities = quality_by_step(network.readouts[0], samples, messages)
    r2, zeros = (np.array([getattr(quality, key) for quality in qualities]) for key in ("r2", "zeros"))
    return QualityCurve(r2, zeros, messages.mean(axis=(0, 1)), seconds)


def engine_curve(network: CountNetwork, samples: Floats, steps: int, progress: Progress) -> QualityCurve:
    """Quality of the integer network, run on the engine batch by batch."""
    parts = []
    with threadpool_limits(1):
        for first, batch in batches(samples, ENGINE_BATCH):
            watch = scaled(progress, first * steps, len(samples) * steps)
            parts.append(engine_batch(network, steps, first, batch, watch))
    return average_curve(parts, samples, ENGINE_BATCH, at_once=1)


def engine_batch(network: CountNetwork, steps: int, first: int, samples: Floats, progress: Progress) -> QualityCurve:
    """Quality of one batch on the engine, which uses all cores."""
    source = network.readouts[0].source
    start = time.perf_counter()
    drive = encode(network, samples)
    trace = engine.run(network, drive, steps, Recording((source,), ()), first_sample=first, progress=progress)
    seconds = time.perf_counter() - start
    return quality_curve(network, samples, trace.messages[source], seconds)


def float_curve(graph: Graph, samples: Floats, steps: int, progress: Progress) -> QualityCurve:
    """Quality of the float network, run with one batch per core."""
    cores = os.cpu_count() or 1
    # Batches use all cores; a multi-threaded BLAS beside them makes this ten times slower.
    with threadpool_limits(1), ThreadPoolExecutor(cores) as pool:
        tasks = [pool.submit(float_batch, graph, steps, first, batch) for first, batch in batches(samples, FLOAT_BATCH)]
        try:
            for done, _ in enumerate(as_completed(tasks)):
                progress(done + 1, len(tasks))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return average_curve([task.result() for task in tasks], samples, FLOAT_BATCH, at_once=min(cores, len(tasks)))


def float_batch(graph: Graph, steps: int, first: int, samples: Floats) -> QualityCurve:
    """Quality of one batch in floating point; the index of its first sample seeds its draws."""
    start = time.perf_counter()
    messages = simulate(graph, samples, steps, seed=graph.seed + first)
    seconds = time.perf_counter() - start
    return quality_curve(graph, samples, messages[graph.readouts[0].source], seconds)


def batches(samples: Floats, size: int) -> Iterator[tuple[int, Floats]]:
    """Each batch, with the index of its first sample."""
    return ((first, samples[first : first + size]) for first in range(0, len(samples), size))


def average_curve(parts: list[QualityCurve], samples: Floats, size: int, at_once: int) -> QualityCurve:
    """Average the curves of batches, weighted by samples; `at_once` of them ran in parallel."""
    counts = [len(batch) for _, batch in batches(samples, size)]
    means = (
        np.average([getattr(part, key) for part in parts], axis=0, weights=counts) for key in ("r2", "zeros", "use")
    )
    return QualityCurve(*means, seconds=sum(part.seconds for part in parts) / at_once)
