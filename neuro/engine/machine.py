"""A network in the engine: packed numbers, and the state of every sample, which changes as it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.engine.loop import run_compiled
from quantal.neuro.engine.pack import (
    Populations,
    Projections,
    aligned,
    kept,
    pack_populations,
    pack_projections,
    pack_recorded_only,
    state_size,
)
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.trace import Integers32, Recording, Snapshot, initial_snapshot
from quantal.neuro.simulate.drive import Drive
from quantal.neuro.simulate.recorder import Recorder


@dataclass(frozen=True, eq=False)
class Machine:
    """All that the compiled loop needs.

    `memory` holds the state variables and then the sent messages of each sample, `(batch, values)`, or of all that
    begin alike, `(1, values)`. `end`, `(batch or 0, values)`, is where it goes in the end, and may be the same. `drive`
    is that of all driven populations, `(1 or steps, batch, units)`, from the step at which the machine was made.
    """

    network: CountNetwork
    populations: Populations
    projections: Projections
    samples: range
    first_step: int
    drive: Integers32
    memory: Integers32
    end: Integers32


@dataclass(frozen=True, eq=False)
class Record:
    """Integers32 messages and states of all populations side by side, `(steps, batch, values)` each."""

    messages: Integers32
    states: Integers32


def machine(network: CountNetwork, drive: Drive, samples: range, start: Snapshot, recording: Recording) -> Machine:
    """A machine at the point from which a run goes on."""
    memory = pack_memory(network, start, len(samples))
    return Machine(
        network,
        with_drive(pack_populations(network, recording), network, drive),
        pack_projections(network),
        samples,
        start.step,
        pack_drive(network, drive, len(samples)),
        memory,
        memory,
    )


def forgetful_machine(network: CountNetwork, drive: Drive, samples: range, recording: Recording) -> Machine:
    """A machine at step 0 that runs only what is recorded, and doesn't tell where it ends."""
    memory = initial_memory(network)
    return Machine(
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
    """How every sample begins, `(1, values)`."""
    return pack_memory(network, initial_snapshot(network, 1), 1)


def advance(machine: Machine, done_steps: int, record: Record, part: tuple[int, int], done: NDArray[np.int64]) -> None:
    """Run samples `part[0]` to `part[1] − 1` for as many steps as the record has room for.

    `done_steps` steps have been run before; `done` is as for `run_samples`.
    """
    drive = machine.drive[done_steps:] if len(machine.drive) > 1 else machine.drive
    room = machine.memory.shape[1] + machine.populations.unit[-1] + machine.populations.draws.max()
    run_compiled(
        machine.populations,
        machine.projections,
        np.uint64(machine.network.seed),
        np.uint64(machine.samples.start),
        machine.first_step + done_steps,
        drive,
        machine.memory,
        machine.end,
        record.messages,
        record.states,
        aligned((room,), np.int32),
        part,
        done,
    )


def empty_record(network: CountNetwork, recording: Recording, steps: int, batch: int) -> Record:
    """Room for what is recorded in some steps."""
    messages = sum(p.size for p in network.populations if recording.keeps_message(p.name))
    states = sum(state_size(p) for p in network.populations if recording.keeps_state(p.name))
    return Record(np.empty((steps, batch, messages), np.int32), np.empty((steps, batch, states), np.int32))


def by_population(network: CountNetwork, recording: Recording, record: Record) -> Recorder:
    """A record as views by population and variable."""
    split, populations = Recorder(), pack_populations(network, recording)
    for index, p in enumerate(network.populations):
        message, state = populations.kept_message[index], populations.kept_state[index]
        if message >= 0:
            split.messages[p.name] = record.messages[:, :, message : message + p.size]
        if state >= 0:
            begins = {name: state + place * p.size for place, name in enumerate(p.states)}
            split.states[p.name] = {name: record.states[:, :, begin : begin + p.size] for name, begin in begins.items()}
    return split


def snapshot(machine: Machine, done_steps: int) -> Snapshot:
    """The point from which the run goes on after some steps."""
    states: dict[str, dict[str, Integers32]] = {}
    sent: dict[str, Integers32] = {}
    populations, step = machine.populations, machine.first_step + done_steps
    for index, p in enumerate(machine.network.populations):
        own = machine.end[:, populations.state[index] : populations.state[index + 1]]
        variables = own.reshape(len(own), -1, p.size)
        states[p.name] = {name: variables[:, place] for place, name in enumerate(p.states)}
        delay = int(populations.delay[index])
        ring = machine.end[:, populations.ring[index] : populations.ring[index + 1]].reshape(len(own), delay, p.size)
        sent[p.name] = np.roll(ring.transpose(1, 0, 2), -(step % delay), axis=0)
    return Snapshot(step, states, sent)


def with_drive(populations: Populations, network: CountNetwork, drive: Drive) -> Populations:
    """The same populations, told where the external input of each lies."""
    driven = [p.name in drive for p in network.populations]
    return populations._replace(driven=kept(driven, [p.size for p in network.populations]))


def pack_drive(network: CountNetwork, drive: Drive, batch: int) -> Integers32:
    """External input of all driven populations side by side, `(1 or steps, batch, units)`."""
    steps = max((len(value) for value in drive.values() if value.ndim == 3), default=1)
    return side_by_side([(drive[p.name], (steps, batch, p.size)) for p in network.populations if p.name in drive])


def pack_memory(network: CountNetwork, start: Snapshot, batch: int) -> Integers32:
    """State variables of all populations, then what they sent: the message of step t in slot t modulo the delay."""
    parts = [(start.states[p.name][state], (batch, p.size)) for p in network.populations for state in p.states]
    for p in network.populations:
        sent = start.sent[p.name]
        parts += [(sent[(slot - start.step) % len(sent)], (batch, p.size)) for slot in range(len(sent))]
    return side_by_side(parts)


def side_by_side(parts: Sequence[tuple[NDArray[np.integer], tuple[int, ...]]]) -> Integers32:
    """Arrays, each stretched to a shape `(…, values)`, along the last axis in 32 bits; copied once."""
    rows = parts[0][1][:-1]
    ends = np.cumsum([0, *(shape[-1] for _, shape in parts)])
    packed = aligned((*rows, int(ends[-1])), np.int32)
    for (values, _), first, last in zip(parts, ends, ends[1:], strict=False):
        packed[..., first:last] = values
    return packed
