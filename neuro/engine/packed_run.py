"""A run as the compiled loop reads it: the packed network, its drive, and the state of every sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.engine.loop import run_compiled
from quantal.neuro.engine.packed_network import (
    PackedPopulations,
    PackedProjections,
    empty_aligned,
    pack_populations,
    pack_projections,
    pack_recorded_only,
    selected_offsets,
    state_size,
)
from quantal.neuro.network.count_network import CountNetwork, Population
from quantal.neuro.network.trace import Integers32, Recording, Snapshot, initial_snapshot
from quantal.neuro.neurons import Memoryless
from quantal.neuro.simulate.drive import Drive
from quantal.neuro.simulate.trace_buffer import TraceBuffer


@dataclass(frozen=True, eq=False)
class PackedRun:
    """All that the compiled loop needs for a run.

    `memory` holds the state variables and then the sent messages of each sample, `(batch, values)`, or once for all
    samples if they start from the same state, `(1, values)`. `end`, `(batch or 0, values)`, receives the final memory,
    and may be the same array. `drive` is that of all driven populations, `(1 or steps, batch, units)`, from
    `first_step` on.
    """

    network: CountNetwork
    populations: PackedPopulations
    projections: PackedProjections
    samples: range
    first_step: int
    drive: Integers32
    memory: Integers32
    end: Integers32


@dataclass(frozen=True, eq=False)
class PackedTrace:
    """Messages and states of all recorded populations side by side, `(steps, batch, values)` each."""

    messages: Integers32
    states: Integers32


def pack_run(network: CountNetwork, drive: Drive, samples: range, start: Snapshot, recording: Recording) -> PackedRun:
    """Pack a run that starts from a snapshot and keeps its final state."""
    memory = pack_memory(network, start, len(samples))
    return PackedRun(
        network,
        with_drive(pack_populations(network, recording), network, drive),
        pack_projections(network),
        samples,
        start.step,
        pack_drive(network, drive, len(samples)),
        memory,
        memory,
    )


def pack_inference(network: CountNetwork, drive: Drive, samples: range, recording: Recording) -> PackedRun:
    """Pack a run from step 0 that computes only what is recorded, and keeps no final state."""
    memory = initial_memory(network)
    return PackedRun(
        network,
        with_drive(pack_recorded_only(network, recording), network, drive),
        pack_projections(network),
        samples,
        0,
        pack_drive(network, drive, len(samples)),
        memory,
        memory[:0],
    )


@lru_cache(maxsize=16)
def initial_memory(network: CountNetwork) -> Integers32:
    """The memory with which every sample starts, `(1, values)`."""
    return pack_memory(network, initial_snapshot(network, 1), 1)


def advance(
    packed: PackedRun, steps_done: int, record: PackedTrace, part: tuple[int, int], control: NDArray[np.int64]
) -> None:
    """Run samples `part[0]` to `part[1] − 1` for all steps of the record.

    `steps_done` is the number of steps that have already been run; `control` is as for `run_samples`.
    """
    drive = packed.drive[steps_done:] if len(packed.drive) > 1 else packed.drive
    room = packed.memory.shape[1] + 2 * packed.populations.unit[-1] + packed.populations.draws.max()
    run_compiled(
        packed.populations,
        packed.projections,
        np.uint64(packed.network.seed),
        np.uint64(packed.samples.start),
        packed.first_step + steps_done,
        drive,
        packed.memory,
        packed.end,
        record.messages,
        record.states,
        empty_aligned((room,), np.int32),
        part,
        control,
    )


def empty_trace(network: CountNetwork, recording: Recording, steps: int, batch: int) -> PackedTrace:
    """Uninitialised arrays for what is recorded in some steps."""
    messages = sum(p.size for p in network.populations if recording.records_message(p.name))
    states = sum(state_size(p) for p in network.populations if recording.records_state(p.name))
    return PackedTrace(np.empty((steps, batch, messages), np.int32), np.empty((steps, batch, states), np.int32))


def by_population(network: CountNetwork, recording: Recording, record: PackedTrace) -> TraceBuffer:
    """A packed trace as views by population and variable."""
    split, populations = TraceBuffer(), pack_populations(network, recording)
    for index, p in enumerate(network.populations):
        message, state = populations.message_at[index], populations.state_at[index]
        if message >= 0:
            split.messages[p.name] = record.messages[:, :, message : message + p.size]
        if state >= 0:
            starts = {name: state + place * p.size for place, name in enumerate(p.states)}
            split.states[p.name] = {name: record.states[:, :, start : start + p.size] for name, start in starts.items()}
    return split


def snapshot(packed: PackedRun, steps_done: int) -> Snapshot:
    """The snapshot after some steps, from which a run can resume."""
    states: dict[str, dict[str, Integers32]] = {}
    sent: dict[str, Integers32] = {}
    populations, step = packed.populations, packed.first_step + steps_done
    for index, p in enumerate(packed.network.populations):
        own = packed.end[:, populations.state[index] : populations.state[index + 1]]
        variables = own.reshape(len(own), -1, p.size)
        states[p.name] = {name: variables[:, place] for place, name in enumerate(p.states)}
        delay = int(populations.delay[index])
        ring = packed.end[:, populations.ring[index] : populations.ring[index + 1]].reshape(len(own), delay, p.size)
        sent[p.name] = np.roll(ring.transpose(1, 0, 2), -(step % delay), axis=0)
    return Snapshot(step, states, sent)


def with_drive(populations: PackedPopulations, network: CountNetwork, drive: Drive) -> PackedPopulations:
    """The same populations with the offset of each one's external input, and which messages are constant under it."""
    driven = [p.name in drive for p in network.populations]
    constant = {p.name for p in network.populations if sends_one_message(network, p, drive)}
    receiving = {p.target for p in network.projections if p.source in constant}
    return populations._replace(
        driven=selected_offsets(driven, [p.size for p in network.populations]),
        constant_message=np.array([p.name in constant for p in network.populations], np.int64),
        constant_input=np.array([p.name in receiving for p in network.populations], np.int64),
    )


def sends_one_message(network: CountNetwork, population: Population, drive: Drive) -> bool:
    """Whether the message of a population is the same at every step: an input that never changes, and no memory."""
    emission = population.emission
    return (
        isinstance(population.integration, Memoryless)
        and not emission.states
        and not emission.draws
        and not network.arriving(population.name)
        and (population.name not in drive or drive[population.name].ndim == 2)
    )


def pack_drive(network: CountNetwork, drive: Drive, batch: int) -> Integers32:
    """External input of all driven populations side by side, `(1 or steps, batch, units)`."""
    steps = max((len(value) for value in drive.values() if value.ndim == 3), default=1)
    return concatenate_units([(drive[p.name], (steps, batch, p.size)) for p in network.populations if p.name in drive])


def pack_memory(network: CountNetwork, start: Snapshot, batch: int) -> Integers32:
    """State variables of all populations, then their sent messages: that of step t in slot t modulo the delay."""
    parts = [(start.states[p.name][state], (batch, p.size)) for p in network.populations for state in p.states]
    for p in network.populations:
        sent = start.sent[p.name]
        parts += [(sent[(slot - start.step) % len(sent)], (batch, p.size)) for slot in range(len(sent))]
    return concatenate_units(parts)


def concatenate_units(parts: Sequence[tuple[NDArray[np.integer], tuple[int, ...]]]) -> Integers32:
    """Arrays, each broadcast to a shape `(…, values)`, along the last axis in 32 bits; copied once."""
    rows = parts[0][1][:-1]
    ends = np.cumsum([0, *(shape[-1] for _, shape in parts)])
    packed = empty_aligned((*rows, int(ends[-1])), np.int32)
    for (values, _), first, last in zip(parts, ends, ends[1:], strict=False):
        packed[..., first:last] = values
    return packed
