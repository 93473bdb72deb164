"""Compare two traces of a network: the first difference, and the input of that unit before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Projection
from quantal.neuro.network.trace import Integers32, Trace, messages_of
from quantal.neuro.simulate.drive import Drive

Backend = Callable[[CountNetwork, Drive, int], Trace]
LAST_STEPS = 3
"""Number of steps before a difference whose input is reported."""
LARGEST_INPUTS = 4
"""Number of connections that are listed for one step."""


@dataclass(frozen=True)
class Difference:
    """The first place where a population differs.

    `variable` is the name of a state variable or `message`; `inputs` describe what the unit received in the
    last steps, one line per step, newest first.
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
    """One population on one backend: how many integers were compared, and the first that differs, if any."""

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
    """Run a network on a reference and on other backends, and compare every state and message."""
    expected = reference(network, drive, steps)
    return [
        agreement
        for backend in backends.values()
        for agreement in compare(network, drive, expected, backend(network, drive, steps))
    ]


def compare(network: CountNetwork, drive: Drive, expected: Trace, got: Trace) -> list[Agreement]:
    """Compare two traces, population by population.

    Both traces must hold the same steps and samples, and every state and message.
    """
    check_comparable(expected, got)
    return [compare_population(network, drive, expected, got, p.name) for p in network.populations]


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
            for part in contributions(projection, trace, earlier, sample, unit)
        ]
        if population in drive:
            value = drive[population] if drive[population].ndim == 2 else drive[population][earlier]
            parts.append((int(value[sample, unit]), "drive"))
        total = sum(value for value, _ in parts)
        largest = sorted(parts, key=lambda part: -abs(part[0]))[:LARGEST_INPUTS]
        rest = f" and {len(parts) - len(largest)} more" if len(parts) > len(largest) else ""
        listed = ", ".join(f"{value} from {origin}" for value, origin in largest) or "nothing arrived"
        yield f"step {trace.first_step + earlier}: input {total}: {listed}{rest}"


def contributions(projection: Projection, trace: Trace, step: int, sample: int, unit: int) -> Iterator[tuple[int, str]]:
    """What each source unit added to a unit at a step, and where it came from."""
    if step < projection.delay_steps:
        return
    target, source, weight = projection.weight.entries()
    here = target == unit
    message: Integers = messages_of(trace, projection.source)[step - projection.delay_steps, sample].astype(np.int64)
    values = (message[source[here]] * weight[here]) << projection.exponent
    for value, origin in zip(values.tolist(), source[here].tolist(), strict=True):
        if value:
            yield value, f"{projection.source}[{origin}] over {projection.name}"


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
    for population, message in expected.messages.items():
        shape = got.messages[population].shape if population in got.messages else "nothing"
        if shape != message.shape:
            raise QuantalError(
                "traces differ in shape",
                where=f"{population}, {expected.backend} against {got.backend}",
                expected=str(message.shape),
                got=str(shape),
            )
