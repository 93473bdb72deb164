"""A run as the compiled loop reads it: the packed network, its drive, and the state of every sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.caching import cached_while_alive
from quantal.neuro.engine.kernels.delayed import deliver_past
from quantal.neuro.engine.loop import run_compiled
from quantal.neuro.engine.packed_network import (
    PackedPopulations,
    PackedProjections,
    arriving_steps,
    empty_aligned,
    has_own_delays,
    pack_populations,
    pack_projections,
    pack_recorded_only,
    pack_rules,
    ring_end,
    selected_offsets,
    state_size,
)
from quantal.neuro.engine.plasticity import PackedLearning, pack_tags, recorded_size, unpack_tags
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import Integers32, Recording, Snapshot, initial_snapshot
from quantal.neuro.neurons import Memoryless
from quantal.neuro.simulate.drive import Drive
from quantal.neuro.simulate.trace_buffer import TraceBuffer, recorded_weight_steps


@dataclass(frozen=True, eq=False)
class PackedRun:
    """All that the compiled loop needs for a run.

    `memory` holds the state variables, the sent messages and then the learned weights of each sample,
    `(batch, values)`, or once for all samples if they start from the same state, `(1, values)`. `end`,
    `(batch or 0, values)`, receives the final memory, and may be the same array. `drive` is that of all driven
    populations, `(1 or steps, batch, units)`, from `first_step` on.
    """

    network: CountNetwork
    populations: PackedPopulations
    projections: PackedProjections
    learning: PackedLearning
    samples: range
    first_step: int
    drive: Integers32
    memory: Integers32
    end: Integers32


@dataclass(frozen=True, eq=False)
class PackedTrace:
    """Messages and states of all recorded populations side by side, `(steps, batch, values)` each.

    `tags` holds the tags of all projections that learn, `(records, batch, values)`.
    """

    messages: Integers32
    states: Integers32
    tags: Integers32


def pack_run(network: CountNetwork, drive: Drive, samples: range, start: Snapshot, recording: Recording) -> PackedRun:
    """Pack a run that starts from a snapshot and keeps its final state."""
    memory = pack_memory(network, start, len(samples))
    return PackedRun(
        network,
        with_drive(pack_populations(network, recording), network, drive),
        pack_projections(network),
        pack_rules(network, recording),
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
        pack_rules(network, recording),
        samples,
        0,
        pack_drive(network, drive, len(samples)),
        memory,
        memory[:0],
    )


@cached_while_alive
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
    populations = packed.populations
    room = packed.memory.shape[1] + 2 * populations.unit[-1] + populations.draws.max() + populations.queue[-1]
    run_compiled(
        packed.populations,
        packed.projections,
        packed.learning,
        np.uint64(packed.network.seed),
        np.uint64(packed.samples.start),
        packed.first_step + steps_done,
        drive,
        packed.memory,
        packed.end,
        record.messages,
        record.states,
        record.tags,
        empty_aligned((room,), np.int32),
        part,
        control,
    )


def empty_trace(
    network: CountNetwork, recording: Recording, steps: int, batch: int, first_step: int = 0
) -> PackedTrace:
    """Uninitialised arrays for what is recorded in some steps."""
    messages = sum(p.size for p in network.populations if recording.records_message(p.name))
    states = sum(state_size(p) for p in network.populations if recording.records_state(p.name))
    records = len(recorded_weight_steps(network, recording, first_step, steps))
    shapes = (
        (steps, batch, messages),
        (steps, batch, states),
        (records, batch, recorded_size(network)),
    )
    return PackedTrace(*(np.empty(shape, np.int32) for shape in shapes))


def part_of(record: PackedTrace, packed: PackedRun, first: int, count: int) -> PackedTrace:
    """The record of `count` steps, after the first ones of a run."""
    every, steps = packed.learning.weights_every, slice(first, first + count)
    start = packed.first_step
    records = slice(*((start + end) // every - start // every for end in (first, first + count))) if every else slice(0)
    return PackedTrace(record.messages[steps], record.states[steps], record.tags[records])


def by_population(network: CountNetwork, recording: Recording, record: PackedTrace, first_step: int = 0) -> TraceBuffer:
    """A packed trace as views by population and variable, with the tags of each projection."""
    populations = pack_populations(network, recording)
    split = TraceBuffer(weight_steps=recorded_weight_steps(network, recording, first_step, len(record.messages)))
    if recording.weights_every:
        split.weights.update(
            unpack_tags(network, ring_end(network), record.tags, pack_rules(network, recording).tags_at)
        )
    for index, p in enumerate(network.populations):
        message, state = populations.message_at[index], populations.state_at[index]
        if message >= 0:
            split.messages[p.name] = record.messages[:, :, message : message + p.size]
        if state >= 0:
            kept = recording.recorded_states(p)
            starts = {name: state + place * p.size for place, name in enumerate(p.states) if name in kept}
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
    return Snapshot(step, states, sent, tags_of(packed))


def tags_of(packed: PackedRun) -> dict[str, Integers32]:
    """The tags of each projection that learns, `(batch, connections)`, at the end of a run."""
    return unpack_tags(packed.network, int(packed.populations.ring[-1]), packed.end, 0)


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
    """Whether the message of a population is the same at every step: an input that never changes, and no memory.

    A message that arrives over weights that learn is summed anew at every step.
    """
    emission = population.emission
    return (
        isinstance(population.integration, Memoryless)
        and not emission.states
        and not emission.draw_count(population.size)
        and not network.arriving(population.name)
        and not any(p.source == population.name and network.learner(p) for p in network.projections)
        and (population.name not in drive or drive[population.name].ndim == 2)
    )


def pack_drive(network: CountNetwork, drive: Drive, batch: int) -> Integers32:
    """External input of all driven populations side by side, `(1 or steps, batch, units)`."""
    steps = max((len(value) for value in drive.values() if value.ndim == 3), default=1)
    return concatenate_units([(drive[p.name], (steps, batch, p.size)) for p in network.populations if p.name in drive])


def pack_memory(network: CountNetwork, start: Snapshot, batch: int) -> Integers32:
    """State variables of all populations, their sent messages, learned weights, and sums that have partly arrived.

    The message of step t is in slot t modulo the delay, and so are the sums of step t modulo the number of steps.
    """
    parts = [(start.states[p.name][state], (batch, p.size)) for p in network.populations for state in p.states]
    for p in network.populations:
        sent = start.sent[p.name]
        parts += [(sent[(slot - start.step) % len(sent)], (batch, p.size)) for slot in range(len(sent))]
    if network.learning:
        learned = pack_tags(network, ring_end(network), start.weights, batch)
        parts.append((learned, learned.shape))
    for p in network.populations:
        sums = arriving_sums(network, p, start)
        parts.append((sums, (batch, sums.shape[1])))
    return concatenate_units(parts)


def arriving_sums(network: CountNetwork, population: Population, start: Snapshot) -> Integers32:
    """What messages of the past add to the sums of the next steps over connections with their own delays.

    They are `(batch, steps · units)`, or `(1, steps · units)` if nothing arrives.
    """
    steps, packed = arriving_steps(network, population), pack_projections(network)
    size = steps * population.size
    arriving = [each for each in enumerate(network.projections) if is_delayed_to(each[1], population)]
    if not any(start.sent[projection.source][:-1].any() for _, projection in arriving):
        return np.zeros((1, size), np.int32)
    sums = np.zeros((start.sent[population.name].shape[1], size), np.int32)
    for index, projection in arriving:
        values = packed.values[packed.values_at[index] : packed.values_at[index + 1]]
        places = packed.indices[packed.indices_at[index] : packed.indices_at[index + 1]]
        for sample, own in enumerate(sums):
            messages = np.ascontiguousarray(start.sent[projection.source][:, sample], np.int32)
            deliver_past(messages, projection.exponent, values, places, own, steps, start.step)
    return sums


def is_delayed_to(projection: Projection, population: Population) -> bool:
    """Whether a projection to this population has connections with their own delays."""
    return projection.target == population.name and has_own_delays(projection)


def concatenate_units(parts: Sequence[tuple[NDArray[np.integer], tuple[int, ...]]]) -> Integers32:
    """Arrays, each broadcast to a shape `(…, values)`, along the last axis in 32 bits; copied once."""
    rows = parts[0][1][:-1]
    ends = np.cumsum([0, *(shape[-1] for _, shape in parts)])
    packed = empty_aligned((*rows, int(ends[-1])), np.int32)
    for (values, _), first, last in zip(parts, ends, ends[1:], strict=False):
        packed[..., first:last] = values
    return packed
