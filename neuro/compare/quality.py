"""How good a network's code is, step by step, in floating point and in integers, on many samples."""

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
"""Samples that run side by side: enough for the cores, few enough for 300 MB."""


@dataclass(frozen=True)
class Measured:
    """Mean quality of a code over its last steps, and what it took to compute."""

    r2: float
    zeros: float
    distance: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Course:
    """R² and share of zeros after each step, `(steps,)`, averaged over samples; `use` is each unit's mean count.

    `seconds` is what the run took, without the measuring.
    """

    r2: Floats
    zeros: Floats
    use: Floats
    seconds: float

    @property
    def distance(self) -> Floats:
        """Distance from the optimum after each step."""
        return np.hypot(1 - self.r2, 1 - self.zeros)

    def last(self, steps: int) -> Measured:
        """The average of the last steps."""
        quality = Quality(float(self.r2[-steps:].mean()), float(self.zeros[-steps:].mean()))
        return Measured(quality.r2, quality.zeros, quality.distance, self.seconds)


def course_of_messages(network: CountNetwork | Graph, samples: Floats, messages: NDArray, seconds: float) -> Course:
    """The course of messages `(steps, batch, units)` of the first read-out's source."""
    qualities = quality_by_step(network.readouts[0], samples, messages)
    r2, zeros = (np.array([getattr(quality, key) for quality in qualities]) for key in ("r2", "zeros"))
    return Course(r2, zeros, messages.mean(axis=(0, 1)), seconds)


def engine_course(network: CountNetwork, samples: Floats, steps: int, progress: Progress) -> Course:
    """Integers on the engine, batch after batch."""
    parts = []
    with threadpool_limits(1):
        for first, batch in batches(samples, ENGINE_BATCH):
            watch = scaled(progress, first * steps, len(samples) * steps)
            parts.append(engine_batch(network, steps, first, batch, watch))
    return averaged(parts, samples, ENGINE_BATCH, at_once=1)


def engine_batch(network: CountNetwork, steps: int, first: int, samples: Floats, progress: Progress) -> Course:
    """One batch on the engine, which takes all cores."""
    source = network.readouts[0].source
    begin = time.perf_counter()
    drive = encode(network, samples)
    trace = engine.run(network, drive, steps, Recording((source,), ()), first_sample=first, progress=progress)
    seconds = time.perf_counter() - begin
    return course_of_messages(network, samples, trace.messages[source], seconds)


def float_course(graph: Graph, samples: Floats, steps: int, progress: Progress) -> Course:
    """The float network, a batch on each core."""
    cores = os.cpu_count() or 1
    # Batches have the cores; a BLAS that wants them too makes this ten times slower.
    with threadpool_limits(1), ThreadPoolExecutor(cores) as pool:
        tasks = [pool.submit(float_batch, graph, steps, first, batch) for first, batch in batches(samples, FLOAT_BATCH)]
        try:
            for done, _ in enumerate(as_completed(tasks)):
                progress(done + 1, len(tasks))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return averaged([task.result() for task in tasks], samples, FLOAT_BATCH, at_once=min(cores, len(tasks)))


def float_batch(graph: Graph, steps: int, first: int, samples: Floats) -> Course:
    """One batch in floating point; the number of its first sample seeds its draws."""
    begin = time.perf_counter()
    messages = simulate(graph, samples, steps, seed=graph.seed + first)
    seconds = time.perf_counter() - begin
    return course_of_messages(graph, samples, messages[graph.readouts[0].source], seconds)


def batches(samples: Floats, size: int) -> Iterator[tuple[int, Floats]]:
    """Number of the first sample, and the samples, of each batch."""
    return ((first, samples[first : first + size]) for first in range(0, len(samples), size))


def averaged(parts: list[Course], samples: Floats, size: int, at_once: int) -> Course:
    """One course of several batches, each counted by its samples; so many of them ran at once."""
    counts = [len(batch) for _, batch in batches(samples, size)]
    means = (
        np.average([getattr(part, key) for part in parts], axis=0, weights=counts) for key in ("r2", "zeros", "use")
    )
    return Course(*means, seconds=sum(part.seconds for part in parts) / at_once)
