"""`Trace`: what a network did, integer by integer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.arithmetic import STATE_MAX, Integers
from quantal.neuro.draws import SAMPLES
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.bounds import message_range
from quantal.neuro.network.count_network import CountNetwork, Population
from quantal.neuro.protocols import whole

Integers32 = NDArray[np.int32]
STEP_MAX = 2**63 - 1
"""Largest number of a step."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Everything that a run needs to resume at step `step`.

    `states` maps population and state variable to `(batch, units)`; `sent` maps a population to its last messages,
    `(longest delay, batch, units)`, oldest first; `weights` maps a projection that learns to the tags of its
    connections, `(batch, connections)`, from which its weights follow.
    """

    step: int
    states: Mapping[str, Mapping[str, Integers32]]
    sent: Mapping[str, Integers32]
    weights: Mapping[str, Integers32] = field(default_factory=dict[str, Integers32])

    def __repr__(self) -> str:
        return f"Snapshot(step {self.step}, populations {', '.join(self.sent) or 'none'})"


@dataclass(frozen=True)
class Recording:
    """What a run records: messages and states of the named populations; `None` stands for all populations.

    A name in `states` stands for all state variables of a population, a pair `(population, state)` for one of them.
    With `weights_every` above 0, the tags of all projections that learn are recorded whenever that number of steps,
    counted from step 0, is complete.
    """

    messages: tuple[str, ...] | None = None
    states: tuple[str | tuple[str, str], ...] | None = None
    weights_every: int = 0

    def records_message(self, population: str) -> bool:
        """Whether messages of a population are recorded."""
        return self.messages is None or population in self.messages

    def records_state(self, population: str) -> bool:
        """Whether any state of a population is recorded."""
        return self.states is None or population in (state_place(entry)[0] for entry in self.states)

    def recorded_states(self, population: Population) -> tuple[str, ...]:
        """State variables of a population that are recorded, in its own order."""
        if self.states is None or population.name in self.states:
            return population.states
        return tuple(state for state in population.states if (population.name, state) in self.states)

    def weight_steps(self, first_step: int, steps: int) -> Integers:
        """Numbers of the steps of a run after which tags are recorded."""
        if not self.weights_every:
            return np.zeros(0, np.int64)
        skipped = -(first_step + 1) % self.weights_every
        return np.arange(first_step + skipped, first_step + steps, self.weights_every)


def both(one: Recording, other: Recording) -> Recording:
    """What is recorded by either of two recordings."""
    messages = None if one.messages is None or other.messages is None else (*one.messages, *other.messages)
    states = None if one.states is None or other.states is None else (*one.states, *other.states)
    return replace(one, messages=messages, states=states)


def recording_named(network: CountNetwork, names: Iterable[str]) -> Recording:
    """The messages of each `POPULATION` and the states of each `POPULATION:STATE`."""
    populations = {population.name for population in network.populations}
    places = [(name, "") if name in populations else (*name.rpartition(":")[::2],) for name in names]
    messages = tuple(name or state for name, state in places if not (name and state))
    found = Recording(messages, tuple((name, state) for name, state in places if name and state))
    check_recording(network, found)
    return found


def state_place(entry: str | tuple[str, str]) -> tuple[str, str | None]:
    """Population and state of an entry of `Recording.states`; no state stands for all."""
    return (entry, None) if isinstance(entry, str) else entry


def check_recording(network: CountNetwork, recording: Recording) -> None:
    """Refuse to record what the network does not have."""
    for name in recording.messages or ():
        network.population(name)
    for name, state in map(state_place, recording.states or ()):
        known = network.population(name).states
        if state is not None and state not in known:
            where, expected = f"population {name}", f"one of {', '.join(known)}"
            raise QuantalError("no such state variable", where=where, expected=expected, got=state)


EVERYTHING = Recording()


@dataclass(frozen=True, eq=False)
class Trace:
    """States and messages, step by step.

    Parameters
    ----------
    network
        Content hash of the network that ran.
    backend
        Name of the backend that ran it.
    first_step, first_sample
        Step and sample number of the first entry.
    states
        Population to state variable to `(steps, batch, units)`, after each step.
    messages
        Population to `(steps, batch, units)`: what was emitted at each step.
    end
        The snapshot from which the run can be resumed; `None` if the backend takes none.
    weights
        Projection that learns to the recorded tags of its connections, `(records, batch, connections)`.
    weight_steps
        Step after which each record of the tags was made, `(records,)`.
    """

    network: str
    backend: str
    first_step: int
    first_sample: int
    states: Mapping[str, Mapping[str, Integers32]]
    messages: Mapping[str, Integers32]
    end: Snapshot | None = None
    weights: Mapping[str, Integers32] = field(default_factory=dict[str, Integers32])
    weight_steps: Integers = field(default_factory=lambda: np.zeros(0, np.int64))

    def __repr__(self) -> str:
        messages = ", ".join(f"{name} {shape_text(value)}" for name, value in self.messages.items())
        states = ", ".join(f"{name}.{state}" for name, values in self.states.items() for state in values)
        start = f"{self.backend} from step {self.first_step}, sample {self.first_sample}"
        weights = "; weights " + ", ".join(f"{name} {shape_text(value)}" for name, value in self.weights.items())
        learned = weights if self.weights else ""
        return f"Trace({start}; messages {messages or 'none'}; states {states or 'none'}{learned})"


def shape_text(array: NDArray[Any]) -> str:
    """A shape such as `500×8×512`."""
    return "×".join(map(str, array.shape))


def initial_snapshot(network: CountNetwork, batch: int) -> Snapshot:
    """The state of every sample before step 0; samples share memory."""
    states: dict[str, dict[str, Integers32]] = {}
    sent: dict[str, Integers32] = {}
    for population in network.populations:
        zero = np.zeros(population.size, np.int32)
        states[population.name] = {
            state: np.broadcast_to(population.initial.get(state, zero).astype(np.int32), (batch, population.size))
            for state in population.states
        }
        sent[population.name] = np.broadcast_to(zero, (network.longest_delay(population.name), batch, population.size))
    return Snapshot(0, states, sent, first_tags(network, batch))


def first_tags(network: CountNetwork, batch: int) -> dict[str, Integers32]:
    """Tags of every projection that learns before step 0, `(batch, connections)`; samples share memory."""
    tags = {p.name: rule.first_tags(p.weight.values().astype(np.int64)) for p, rule in network.learning}
    return {name: np.broadcast_to(each.astype(np.int32), (batch, each.size)) for name, each in tags.items()}


def start_snapshot(network: CountNetwork, start: Snapshot | None, batch: int) -> Snapshot:
    """The snapshot from which a run starts: `start` if it is given and fits, else the initial state."""
    if start is None:
        return initial_snapshot(network, batch)
    check_snapshot(network, start, batch)
    return start


def check_snapshot(network: CountNetwork, snapshot: Snapshot, batch: int) -> None:
    """Refuse a snapshot of another network or batch, or one with values that no run can reach."""
    for problem in whole(snapshot.step, "step", 0, STEP_MAX):
        raise QuantalError(problem, where="snapshot")
    for population in network.populations:
        states = snapshot.states.get(population.name, {})
        for state, limits in population.limits.items():
            check_part(f"{population.name}.{state}", states.get(state), (batch, population.size), limits)
        shape = (network.longest_delay(population.name), batch, population.size)
        sent = snapshot.sent.get(population.name)
        check_part(f"messages of {population.name}", sent, shape, message_range(population))
    for projection, _ in network.learning:
        shape, limits = (batch, projection.weight.values().size), (-STATE_MAX, STATE_MAX)
        check_part(f"weights of {projection.name}", snapshot.weights.get(projection.name), shape, limits)


def check_part(name: str, value: Integers32 | None, shape: tuple[int, ...], limits: tuple[int, int]) -> None:
    """Refuse an array of a snapshot that is missing, has another shape, or is out of range."""
    where = f"snapshot, {name}"
    got = "none" if value is None else f"{value.shape}"
    if value is None or value.shape != shape:
        raise QuantalError("does not fit this network and batch", where=where, expected=f"{shape}", got=got)
    if value.dtype.kind != "i":
        raise QuantalError("not integers", where=where, expected="int32", got=str(value.dtype))
    low, high = (int(value.min()), int(value.max())) if value.size else limits
    if low < limits[0] or high > limits[1]:
        expected, got = f"{limits[0]} to {limits[1]}", f"{low} to {high}"
        raise QuantalError("out of range", where=where, expected=expected, got=got)


def trace_problems(trace: Trace) -> Iterator[str]:
    """What no trace of a run can be: parts of the wrong type, or arrays of different lengths."""
    for key in ("network", "backend"):
        if not isinstance(getattr(trace, key), str):
            yield f"{key} is {getattr(trace, key)!r}, expected a text"
    yield from whole(trace.first_step, "first_step", 0, STEP_MAX)
    yield from whole(trace.first_sample, "first_sample", 0, SAMPLES - 1)
    yield from shape_problems({**trace.messages, **named_states(trace.states)}, 3, slice(0, 2), "(steps, batch, units)")
    yield from record_problems(trace)


def record_problems(trace: Trace) -> Iterator[str]:
    """Recorded weights of different lengths, or of another number of samples than the messages."""
    if trace.weight_steps.ndim != 1:
        yield f"weight_steps is {trace.weight_steps.shape}, expected (records,)"
    records, batches = trace.weight_steps.size, {value.shape[1:2] for value in trace.messages.values()}
    for name, value in trace.weights.items():
        if value.ndim != 3 or len(value) != records or (batches and value.shape[1:2] not in batches):
            yield f"weights of {name} are {value.shape}, expected ({records}, batch, connections)"


def snapshot_problems(snapshot: Snapshot) -> Iterator[str]:
    """What no snapshot of a run can be: parts of the wrong type, or arrays of different batches."""
    yield from whole(snapshot.step, "step", 0, STEP_MAX)
    yield from shape_problems(named_states(snapshot.states), 2, slice(0, 1), "(batch, units)")
    yield from shape_problems(snapshot.sent, 3, slice(1, 2), "(longest delay, batch, units)")
    yield from shape_problems(snapshot.weights, 2, slice(0, 1), "(batch, connections)", "projections")


def named_states(states: Mapping[str, Mapping[str, Integers32]]) -> dict[str, Integers32]:
    """State variables by `population.variable`."""
    return {f"{population}.{name}": value for population, each in states.items() for name, value in each.items()}


def shape_problems(
    arrays: Mapping[str, Integers32], axes: int, shared: slice, expected: str, parts: str = "populations"
) -> Iterator[str]:
    """Arrays with another number of axes, or of another length than the first along the axes that all share."""
    lengths = [value.shape[shared] for value in arrays.values()]
    for name, value in arrays.items():
        if value.ndim != axes or value.shape[shared] != lengths[0]:
            yield f"{name} is {value.shape}, expected {expected}, the same for all {parts}"


def messages_of(trace: Trace, population: str) -> Integers32:
    """Messages of one population, `(steps, batch, units)`; a `QuantalError` if they weren't recorded."""
    if population in trace.messages:
        return trace.messages[population]
    raise QuantalError(
        f"messages of {population} were not recorded",
        where=f"trace of {trace.backend}",
        got=", ".join(trace.messages) or "none",
        hint="name the population in the recording",
    )
