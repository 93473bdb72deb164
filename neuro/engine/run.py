"""The fast engine: any `CountNetwork`, equal to the reference, compiled and spread over the cores by samples."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.engine.packed_run import (
    PackedRun,
    PackedTrace,
    advance,
    by_population,
    empty_trace,
    pack_run,
    part_of,
    snapshot,
)
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import content_hash
from quantal.neuro.network.trace import EVERYTHING, Recording, Snapshot, Trace, start_snapshot
from quantal.neuro.simulate.drive import Drive, check_run

Progress = Callable[[int, int], None]
POLL_S = 0.1
TASKS_PER_CORE = 4
"""Enough that all cores finish at about the same time, few enough that the cost of starting them is negligible."""

WEIGHTS_AT_ONCE = 2**31
"""Weights and memory values that one call may process, which takes one or two tenths of a second.

Each call copies the memory of a sample, which takes longer than a step where few of many units send something.
"""


def run(
    network: CountNetwork,
    drive: Drive,
    steps: int,
    recording: Recording = EVERYTHING,
    first_sample: int = 0,
    start: Snapshot | None = None,
    progress: Progress | None = None,
) -> Trace:
    """Run a network for some steps; arguments as in `neuro.simulate.reference.run`.

    `progress` is called about ten times a second with the number of steps done and the total, both summed over samples.
    """
    samples = check_run(network, drive, steps, recording, first_sample)
    start = start_snapshot(network, start, len(samples))
    packed = pack_run(network, drive, samples, start, recording)
    record = empty_trace(network, recording, steps, len(samples), start.step)
    (run_single_sample if len(samples) == 1 else run_in_threads)(packed, record, progress)
    recorded = by_population(network, recording, record, start.step)
    return Trace(
        network=content_hash(network),
        backend="engine",
        first_step=start.step,
        first_sample=first_sample,
        states=recorded.states,
        messages=recorded.messages,
        end=snapshot(packed, steps),
        weights=recorded.weights,
        weight_steps=recorded.weight_steps,
    )


def run_single_sample(packed: PackedRun, record: PackedTrace, progress: Progress | None) -> None:
    """Run a single sample in this thread, some steps at a time so that an interrupt is noticed between them."""
    steps, control = len(record.messages), np.zeros(2, np.int64)
    at_once = max(1, WEIGHTS_AT_ONCE // (packed.projections.values.size + packed.memory.size))
    for first in range(0, steps, at_once):
        advance(packed, first, part_of(record, packed, first, at_once), (0, 1), control)
        if progress:
            progress(min(first + at_once, steps), steps)


def run_in_threads(packed: PackedRun, record: PackedTrace, progress: Progress | None) -> None:
    """Run the samples on all cores."""
    batch = len(packed.samples)
    control = np.zeros(2, np.int64)
    size = part_size(batch)
    tasks = [
        thread_pool().submit(advance, packed, 0, record, (first, min(first + size, batch)), control)
        for first in range(0, batch, size)
    ]
    wait_for(tasks, control, batch * len(record.messages), progress)


def part_size(batch: int) -> int:
    """Number of samples in one task."""
    return -(-batch // (TASKS_PER_CORE * (os.cpu_count() or 1)))


def wait_for(tasks: Sequence[Future[Any]], control: NDArray[np.int64], total: int, progress: Progress | None) -> None:
    """Wait for tasks; after an error or an interrupt, every core stops the next time it checks `control`."""
    pending = {*tasks}
    try:
        while pending:
            finished, pending = wait(pending, timeout=POLL_S, return_when=FIRST_EXCEPTION)
            for task in finished:
                task.result()
            if progress:
                # Threads count without a lock and may lose a step, so the final count is not taken from them.
                progress(min(int(control[0]), total) if pending else total, total)
    except BaseException:
        control[1] = 1
        for task in tasks:
            task.cancel()
        wait(tasks)
        raise


@cache
def thread_pool() -> ThreadPoolExecutor:
    """One thread per core, started on first use and reused, because starting a thread takes as long as many steps."""
    return ThreadPoolExecutor(os.cpu_count(), "engine")


if hasattr(os, "register_at_fork"):
    # A child process has the pool but none of its threads, and would wait for them for ever.
    os.register_at_fork(after_in_child=thread_pool.cache_clear)
