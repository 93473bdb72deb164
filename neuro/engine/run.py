"""The fast engine: any `CountNetwork`, equal to the reference, compiled and spread over the cores by samples."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuro.coding import Drive, batch_size, check_drive
from neuro.draws import sample_numbers
from neuro.engine.loop import CONNECT, EMIT, INTEGRATE, run_samples
from neuro.engine.pack import Populations, pack_populations, pack_projections, state_size
from neuro.files import content_hash
from neuro.network import CountNetwork
from neuro.trace import EVERYTHING, Recorded, Recording, Snapshot, Trace, beginning
from neuro.verify import verify

Progress = Callable[[int, int], None]
POLL_S = 0.1
SAMPLES_PER_TASK = 8
"""Few enough that the cores end together, many enough that starting a task costs nothing."""


def run(
    network: CountNetwork,
    drive: Drive,
    steps: int,
    recording: Recording = EVERYTHING,
    first_sample: int = 0,
    start: Snapshot | None = None,
    progress: Progress | None = None,
) -> Trace:
    """Run a network for some steps; arguments as in `neuro.reference.run`.

    `progress` is called about ten times a second with steps done and steps in all, counted over samples.
    """
    verify(network)
    check_drive(network, drive, steps)
    batch = batch_size(drive)
    samples = sample_numbers(first_sample, batch)
    start = beginning(network, start, batch)
    populations = pack_populations(network, recording)
    state, ring = pack_state(network, start, batch), pack_ring(network, start, batch)
    messages, states = empty_record(network, recording, steps, batch)
    done = np.zeros(2, np.int64)
    arguments = (
        (INTEGRATE, EMIT, CONNECT), populations, pack_projections(network), np.uint64(network.seed),
        np.uint64(samples.start), start.step, pack_drive(network, drive, batch), state, ring, messages, states,
    )  # fmt: skip
    spread(arguments, batch, steps, done, progress)
    return Trace(
        network=content_hash(network),
        backend="engine",
        first_step=start.step,
        first_sample=first_sample,
        states=split_states(network, populations, states),
        messages={
            p.name: messages[:, :, place : place + p.size]
            for p, place in zip(network.populations, populations.kept_message, strict=True)
            if place >= 0
        },
        end=unpack(network, populations, start.step + steps, state, ring),
    )


def spread(
    arguments: tuple[Any, ...], batch: int, steps: int, done: NDArray[np.int64], progress: Progress | None
) -> None:
    """Run the samples on all cores; an interrupt stops every core at its next step."""
    work: Callable[..., None] = partial(run_samples, *arguments)
    starts = range(0, batch, SAMPLES_PER_TASK)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            tasks = {pool.submit(work, (first, min(first + SAMPLES_PER_TASK, batch)), done) for first in starts}
            while tasks:
                finished, tasks = wait(tasks, timeout=POLL_S)
                for task in finished:
                    task.result()
                if progress:
                    # Threads count without a lock and may lose a step; the end is known without counting.
                    progress(min(int(done[0]), batch * steps) if tasks else batch * steps, batch * steps)
        except BaseException:
            done[1] = 1
            raise


def pack_drive(network: CountNetwork, drive: Drive, batch: int) -> Recorded:
    """External input of all units, `(1 or steps, batch, units)`."""
    steps = max((len(value) for value in drive.values() if value.ndim == 3), default=1)
    parts = [
        np.broadcast_to(drive.get(p.name, np.zeros(p.size, np.int64)), (steps, batch, p.size))
        for p in network.populations
    ]
    return np.concatenate(parts, axis=-1).astype(np.int32)


def pack_state(network: CountNetwork, start: Snapshot, batch: int) -> Recorded:
    """State variables of all populations side by side, `(batch, values)`."""
    parts = [start.states[p.name][state] for p in network.populations for state in p.integration.states]
    return np.ascontiguousarray(np.concatenate(parts, axis=-1), np.int32)


def pack_ring(network: CountNetwork, start: Snapshot, batch: int) -> Recorded:
    """Sent messages of all populations side by side; the message of step t lies in slot t modulo the delay."""
    parts: list[Recorded] = []
    for p in network.populations:
        sent = np.roll(start.sent[p.name], start.step % len(start.sent[p.name]), axis=0)
        parts.append(sent.transpose(1, 0, 2).reshape(batch, -1))
    return np.ascontiguousarray(np.concatenate(parts, axis=-1), np.int32)


def empty_record(network: CountNetwork, recording: Recording, steps: int, batch: int) -> tuple[Recorded, Recorded]:
    """Room for what is recorded: messages and states, `(steps, batch, values)`."""
    messages = sum(p.size for p in network.populations if recording.keeps_message(p.name))
    states = sum(state_size(p) for p in network.populations if recording.keeps_state(p.name))
    return np.empty((steps, batch, messages), np.int32), np.empty((steps, batch, states), np.int32)


def split_states(network: CountNetwork, populations: Populations, states: Recorded) -> dict[str, dict[str, Recorded]]:
    """Recorded states by population and variable, as views."""
    split: dict[str, dict[str, Recorded]] = {}
    for p, place in zip(network.populations, populations.kept_state, strict=True):
        if place >= 0:
            begins = {name: place + index * p.size for index, name in enumerate(p.integration.states)}
            split[p.name] = {name: states[:, :, begin : begin + p.size] for name, begin in begins.items()}
    return split


def unpack(network: CountNetwork, populations: Populations, step: int, state: Recorded, ring: Recorded) -> Snapshot:
    """The point from which the run goes on."""
    states: dict[str, dict[str, Recorded]] = {}
    sent: dict[str, Recorded] = {}
    for index, p in enumerate(network.populations):
        own = state[:, populations.state[index] : populations.state[index + 1]].reshape(len(state), -1, p.size)
        states[p.name] = {name: own[:, place] for place, name in enumerate(p.integration.states)}
        delay = int(populations.delay[index])
        slots = ring[:, populations.ring[index] : populations.ring[index + 1]].reshape(len(ring), delay, p.size)
        sent[p.name] = np.roll(slots.transpose(1, 0, 2), -(step % delay), axis=0)
    return Snapshot(step, states, sent)
