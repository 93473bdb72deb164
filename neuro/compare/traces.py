"""Compare two traces of a network: the first difference, and the input of that unit before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Projection
from quantal.neuro.network.learned import connections, learned_weight
from quantal.neuro.network.trace import EVERYTHING, Integers32, Recording, Trace, messages_of
from quantal.neuro.protocols import Weight
from quantal.neuro.simulate.drive import Drive
from quantal.neuro.synapses.delays import longest, single_delays
from quantal.neuro.synapses.plasticity.protocol import Plasticity

Backend = Callable[..., Trace]
"""Runs a network on drive for a number of steps; for a network that learns, with a `Recording` as well."""
WEIGHT_RECORDS = 10
"""Learned weights are compared at least at this number of steps, if there are as many."""
LAST_STEPS = 3
"""Number of steps before a difference whose input is reported."""
LARGEST_INPUTS = 4
"""Number of connections that are listed for one step."""


@dataclass(frozen=True)
class Difference:
    """The first place where a population, or a projection that learns, differs.

    `variable` is the name of a state variable, `message`, or `tag` for a projection, of which `unit` then is a
    connection. `inputs` describe what the unit received in the last steps, one line per step, newest first; for a tag,
    its connection and its weights.
    """

    population: str
    variable: str
    step: int
    sample: int
    unit: int
    expected: int
    got: int
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Agreement:
    """How many integers of one population on one backend were compared, and the first that differs, if any.

    For the tags of a projection that learns, `population` is the name of the projection.
    """

    backend: str
    population: str
    values: int
    difference: Difference | None

    @property
    def equal(self) -> bool:
        """Whether every integer is the same."""
        return self.difference is None


def check(
    network: CountNetwork, drive: Drive, steps: int, reference: Backend, backends: Mapping[str, Backend]
) -> list[Agreement]:
    """Run a network on a reference and on other backends, and compare every state and message, and learned weights."""
    recorded = (recording_to_compare(network, steps),) if network.learning else ()
    expected = reference(network, drive, steps, *recorded)
    return [
        agreement
        for backend in backends.values()
        for agreement in compare(network, drive, expected, backend(network, drive, steps, *recorded))
    ]


def recording_to_compare(network: CountNetwork, steps: int) -> Recording:
    """Everything, with the weights of a network that learns at about ten steps, of which one is the last."""
    if not network.learning or not steps:
        return EVERYTHING
    most = max(1, steps // WEIGHT_RECORDS)
    return Recording(weights_every=next(every for every in range(most, 0, -1) if steps % every == 0))


def compare(network: CountNetwork, drive: Drive, expected: Trace, got: Trace) -> list[Agreement]:
    """Compare two traces, population by population, then by projection whose weights were recorded.

    Both traces must hold the same steps and samples, every state and message, and the same records of weights.
    """
    check_comparable(expected, got)
    populations = [compare_population(network, drive, expected, got, p.name) for p in network.populations]
    learned = [(p, rule) for p, rule in network.learning if p.name in expected.weights]
    return populations + [compare_weights(p, rule, expected, got) for p, rule in learned]


def compare_population(network: CountNetwork, drive: Drive, expected: Trace, got: Trace, population: str) -> Agreement:
    """Compare one population; report the earliest difference, a state before its message."""
    pairs = [*variables(expected, got, population)]
    differing = [
        (place, index)
        for index, (_, one, other) in enumerate(pairs)
        if (place := first_difference(one, other)) is not None
    ]
    values = sum(one.size for _, one, _ in pairs)
    if not differing:
        return Agreement(got.backend, population, values, None)
    (step, sample, unit), index = min(differing, key=lambda item: (item[0][0], item[1]))
    variable, one, other = pairs[index]
    difference = Difference(
        population,
        variable,
        expected.first_step + step,
        expected.first_sample + sample,
        unit,
        int(one[step, sample, unit]),
        int(other[step, sample, unit]),
        tuple(last_inputs(network, drive, expected, population, (step, sample, unit))),
    )
    return Agreement(got.backend, population, values, difference)


def compare_weights(projection: Projection, rule: Plasticity, expected: Trace, got: Trace) -> Agreement:
    """Compare the recorded tags of one projection, from which its weights follow."""
    one, other = expected.weights[projection.name], got.weights[projection.name]
    place = first_difference(one, other)
    if place is None:
        return Agreement(got.backend, projection.name, one.size, None)
    record, sample, connection = place
    tags = int(one[place]), int(other[place])
    difference = Difference(
        projection.name,
        "tag",
        int(expected.weight_steps[record]),
        expected.first_sample + sample,
        connection,
        *tags,
        (connection_text(projection, rule, connection, tags),),
    )
    return Agreement(got.backend, projection.name, one.size, difference)


def connection_text(projection: Projection, rule: Plasticity, connection: int, tags: tuple[int, int]) -> str:
    """The units that a connection joins, and the weights that follow from both tags."""
    target, source = (int(units[connection]) for units in connections(projection))
    expected, got = rule.weights(np.array(tags, np.int64)).tolist()
    ends = f"{projection.source}[{source}] -> {projection.target}[{target}]"
    return f"{ends}: expected a weight of {expected}, got {got}"


def variables(expected: Trace, got: Trace, population: str) -> Iterator[tuple[str, Integers32, Integers32]]:
    """Name and both recordings of every state variable and of the message."""
    for name, value in expected.states[population].items():
        yield name, value, got.states[population][name]
    yield "message", messages_of(expected, population), messages_of(got, population)


def first_difference(one: Integers32, other: Integers32) -> tuple[int, int, int] | None:
    """Step, sample and unit of the earliest entry that differs."""
    steps = np.flatnonzero((one != other).any(axis=(1, 2)))
    if not steps.size:
        return None
    step = int(steps[0])
    sample, unit = np.argwhere(one[step] != other[step])[0].tolist()
    return step, sample, unit


def last_inputs(
    network: CountNetwork, drive: Drive, trace: Trace, population: str, place: tuple[int, int, int]
) -> Iterator[str]:
    """Describe the input of one unit in the last steps, one line per step, newest first."""
    step, sample, unit = place
    for earlier in range(step, max(step - LAST_STEPS, -1), -1):
        parts = [
            part
            for projection in network.arriving(population)
            for part in contributions(network, projection, trace, earlier, sample, unit)
        ]
        if population in drive:
            value = drive[population] if drive[population].ndim == 2 else drive[population][earlier]
            parts.append((int(value[sample, unit]), "drive"))
        total = sum(value for value, _ in parts)
        unknown = [
            projection.name
            for projection in network.arriving(population)
            if weight_at(network, projection, trace, earlier, sample) is None
        ]
        largest = sorted(parts, key=lambda part: -abs(part[0]))[:LARGEST_INPUTS]
        rest = f" and {len(parts) - len(largest)} more" if len(parts) > len(largest) else ""
        listed = ", ".join(f"{value} from {origin}" for value, origin in largest) or "nothing arrived"
        learned = f", without {', '.join(unknown)}, whose weights were not recorded" if unknown else ""
        yield f"step {trace.first_step + earlier}: input {total}: {listed}{rest}{learned}"


def contributions(
    network: CountNetwork, projection: Projection, trace: Trace, step: int, sample: int, unit: int
) -> Iterator[tuple[int, str]]:
    """What each source unit added to a unit at a step, and where it came from; unknown if its weights are."""
    for part in single_delays(projection):
        sent = step - longest(part.delay_steps)
        known = weight_at(network, part, trace, step, sample)
        if sent < 0 or known is None:
            continue
        target, source, weight = known.entries()
        here = target == unit
        message: Integers = messages_of(trace, projection.source)[sent, sample].astype(np.int64)
        values = (message[source[here]] * weight[here]) << projection.exponent
        for value, origin in zip(values.tolist(), source[here].tolist(), strict=True):
            if value:
                yield value, f"{projection.source}[{origin}] over {projection.name}"


def weight_at(network: CountNetwork, projection: Projection, trace: Trace, step: int, sample: int) -> Weight | None:
    """The weight with which messages arrive at a step of a trace; None if it was learned and is not recorded."""
    if network.learner(projection) is None:
        return projection.weight
    records = np.flatnonzero(trace.weight_steps == trace.first_step + step - 1)
    if not records.size:
        return None
    tags = {name: values[records[0], sample] for name, values in trace.weights.items()}
    return learned_weight(network, projection, tags)


def check_comparable(expected: Trace, got: Trace) -> None:
    """Refuse to compare traces of different networks, steps or samples."""
    for key in ("network", "first_step", "first_sample"):
        if getattr(expected, key) != getattr(got, key):
            raise QuantalError(
                f"traces differ in {key}",
                where=f"{expected.backend} against {got.backend}",
                expected=str(getattr(expected, key)),
                got=str(getattr(got, key)),
            )
    pairs = {**expected.messages, **{f"weights of {name}": each for name, each in expected.weights.items()}}
    found = {**got.messages, **{f"weights of {name}": each for name, each in got.weights.items()}}
    for population, message in pairs.items():
        shape = found[population].shape if population in found else "nothing"
        if shape != message.shape:
            raise QuantalError(
                "traces differ in shape",
                where=f"{population}, {expected.backend} against {got.backend}",
                expected=str(message.shape),
                got=str(shape),
            )
