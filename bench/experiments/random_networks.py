"""Random and adversarial networks of every kind, with an input that fills whatever room their sums leave.

They are drawn without regard to what `verify` accepts: about a quarter of them could overflow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quantal.neuro.arithmetic import OVERFLOW, STATE_MAX, Integers
from quantal.neuro.draws import DRAW_RANGE
from quantal.neuro.network.bounds import message_range, summed_range
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.verify import EXPONENT_MAX
from quantal.neuro.neurons import (
    Accumulator,
    Carry,
    Categorical,
    Cuba,
    Graded,
    Memoryless,
    PoissonCount,
    Rectified,
    SigmaDelta,
    Silent,
    Spike,
    Table,
    TableDraw,
)
from quantal.neuro.neurons.graded import ROUNDINGS
from quantal.neuro.protocols import Emission, Integration, Weight
from quantal.neuro.synapses import Convolution, Dense, Sparse
from quantal.neuro.synapses.plasticity import Outer, Term

UNITS, POPULATIONS, PROJECTIONS, DELAY = 8, 4, 7, 4
LIMIT = 127
"""Limit of the weights that learn: every even weight from −254 to 254."""


@dataclass(frozen=True)
class Source:
    """A generator of random numbers with the choices that networks need."""

    rng: np.random.Generator

    def one_of(self, choices: Any) -> Any:
        """One of some choices."""
        return choices[self.rng.integers(len(choices))]

    def whole(self, lowest: int, highest: int) -> int:
        """A whole number: an end of the interval, or anything between."""
        return int(self.one_of([lowest, highest, self.rng.integers(lowest, highest, endpoint=True)]))

    def vector(self, size: int, lowest: int, highest: int) -> Integers:
        """One number a unit: ends of the interval, zeros, or anything between."""
        numbers = self.rng.integers(lowest, highest, size, endpoint=True)
        ends = self.rng.choice([lowest, highest, max(lowest, min(0, highest))], size)
        return np.where(self.rng.integers(0, 2, size), numbers, ends).astype(np.int64)

    def range(self) -> tuple[int, int]:
        """Ends of a state's range, from narrow to as wide as possible."""
        return -int(self.one_of([0, 1, 200, STATE_MAX])), int(self.one_of([0, 1, 300, STATE_MAX]))

    def rows(self, integration: Integration) -> tuple[int, int, int]:
        """Shift, first row and number of rows of a table over a part of a state's range."""
        shift = self.whole(max(0, (integration.highest - integration.lowest).bit_length() - 5), 23)
        return shift, (integration.lowest >> shift) + self.whole(-2, 2), self.whole(1, 40)


def accumulator(source: Source, size: int) -> Accumulator:
    bias = source.vector(size, -STATE_MAX, STATE_MAX)
    return Accumulator(bias, source.whole(0, 4096), *source.range(), source.one_of([*OVERFLOW]))


def memoryless(source: Source, size: int) -> Memoryless:
    return Memoryless(source.vector(size, -STATE_MAX, STATE_MAX), *source.range(), source.one_of([*OVERFLOW]))


def carry(source: Source, size: int) -> Carry:
    return Carry(source.vector(size, -STATE_MAX, STATE_MAX), source.whole(1, 23), *source.range())


def cuba(source: Source, size: int) -> Cuba:
    decays = source.vector(size, 0, 4095), source.vector(size, 0, 4096)
    return Cuba(source.vector(size, -4096, 4095), source.vector(size, 0, 7), *decays, source.whole(0, 1))


def spike(source: Source, integration: Integration, size: int) -> Spike:
    thresholds = source.vector(size, 0, source.one_of([5, 2**17 - 1]))
    return Spike(thresholds, source.one_of(["zero", "subtract"]), source.whole(0, 63))


def graded(source: Source, integration: Integration, size: int) -> Graded:
    return Graded(source.whole(0, 23), source.one_of([0, 0, 3, STATE_MAX]), source.one_of(ROUNDINGS))


def rectified(source: Source, integration: Integration, size: int) -> Rectified:
    return Rectified(source.one_of([0, 3, STATE_MAX]), source.whole(0, 23))


def sigma_delta(source: Source, integration: Integration, size: int) -> SigmaDelta:
    return SigmaDelta(source.whole(1, 23), source.one_of([0, 0, 3, STATE_MAX]))


def silent(source: Source, integration: Integration, size: int) -> Silent:
    return Silent()


def table(source: Source, integration: Integration, size: int) -> Table:
    shift, first_row, rows = source.rows(integration)
    low, high = sorted(source.whole(-most, most) for most in source.one_of([(3, 3), (300, 9), (STATE_MAX, STATE_MAX)]))
    return Table(source.vector(rows, low, high), shift, first_row)


def thresholds(source: Source, rows: int) -> Integers:
    columns = source.one_of([1, 14, 40])
    return np.sort(source.vector(rows * columns, 0, DRAW_RANGE).reshape(rows, columns), axis=1)


def poisson_count(source: Source, integration: Integration, size: int) -> PoissonCount:
    shift, first_row, rows = source.rows(integration)
    return PoissonCount(thresholds(source, rows), shift, first_row)


def table_draw(source: Source, integration: Integration, size: int) -> TableDraw:
    shift, first_row, rows = source.rows(integration)
    return TableDraw(thresholds(source, rows), shift, first_row, source.one_of([0, -7, -STATE_MAX, STATE_MAX - 40]))


def categorical(source: Source, integration: Integration, size: int) -> Categorical:
    shift, first_row, rows = source.rows(integration)
    largest = source.one_of([0, 1, 2**31 // size - 1])
    return Categorical(source.vector(rows, 0, largest), shift, first_row, source.one_of([1, 7, 100]))


def weights(source: Source, *shape: int) -> Integers:
    """Even weights of both signs, or any of one sign."""
    low, high, stride = source.one_of([(-128, 127, 2), (-1, 1, 2), (0, 255, 1), (-255, 0, 1)])
    drawn = source.vector(int(np.prod(shape)), low, high).reshape(shape) * stride
    return drawn if (drawn > 0).any() or not drawn.size else np.maximum(drawn, -255)


def dense(source: Source, targets: int, sources: int) -> Dense:
    return Dense(weights(source, targets, sources))


def sparse(source: Source, targets: int, sources: int) -> Sparse:
    pairs = np.sort(source.rng.permutation(targets * sources)[: source.whole(0, targets * sources)])
    return Sparse(pairs // sources, pairs % sources, weights(source, len(pairs)), targets, sources)


def convolution(source: Source, targets: int, sources: int) -> Convolution:
    """A row of units onto a row of units: a window that moves by one and just covers both."""
    padding = max(targets - sources, 0)
    kernel = weights(source, 1, 1, 1, sources + 2 * padding - targets + 1)
    return Convolution(kernel, (1, 1, sources), padding=(0, padding))


MAKE_INTEGRATION: dict[type, Callable[[Source, int], Integration]] = {
    Accumulator: accumulator,
    Memoryless: memoryless,
    Carry: carry,
    Cuba: cuba,
}
MAKE_EMISSION: dict[type, Callable[[Source, Integration, int], Emission]] = {
    Spike: spike,
    Graded: graded,
    Rectified: rectified,
    SigmaDelta: sigma_delta,
    Silent: silent,
    Table: table,
    PoissonCount: poisson_count,
    TableDraw: table_draw,
    Categorical: categorical,
}
MAKE_WEIGHT: dict[type, Callable[[Source, int, int], Weight]] = {
    Dense: dense,
    Sparse: sparse,
    Convolution: convolution,
}


def random_network(seed: int) -> CountNetwork:
    """The network of a number, which may overflow."""
    source = Source(np.random.default_rng(seed))
    populations = [population(source, f"p{place}") for place in range(source.whole(1, POPULATIONS))]
    ends = [(source.one_of(populations), source.one_of(populations)) for _ in range(source.whole(0, PROJECTIONS))]
    arriving = [sum(target is each for _, target in ends) for _, each in ends]
    made = [projection(source, f"w{place}", *pair, arriving[place]) for place, pair in enumerate(ends)]
    return CountNetwork(f"network {seed}", tuple(populations), tuple(made), seed=seed)


def population(source: Source, name: str) -> Population:
    """A population of any integration and any emission, whose state may start at its limits."""
    size = source.whole(1, UNITS)
    integration = source.one_of([*MAKE_INTEGRATION.values()])(source, size)
    emission = source.one_of([*MAKE_EMISSION.values()])(source, integration, size)
    made = Population(name, size, integration, emission)
    started = source.whole(0, 1)
    return replace(
        made, initial={name: source.vector(size, *limits) for name, limits in made.limits.items() if started}
    )


def projection(source: Source, name: str, sender: Population, target: Population, arriving: int) -> Projection:
    """A projection that just takes its share of the accumulator, often a little less, and sometimes more."""
    learns = source.whole(0, 7) == 1
    weight = (
        Dense(2 * source.vector(target.size * sender.size, -LIMIT, LIMIT).reshape(target.size, sender.size))
        if learns
        else source.one_of([*MAKE_WEIGHT.values()])(source, target.size, sender.size)
    )
    largest = max(map(abs, message_range(sender)))
    change = largest * max(map(abs, message_range(target)))
    rule = Outer((Term(target.name, sender.name),), source.whole(0, 16), LIMIT) if learns else None
    row = 2 * LIMIT * sender.size * largest if learns else max(np.abs(weight.reach(*message_range(sender))).max(), 1)
    fitting = (STATE_MAX // arriving // max(int(row), 1)).bit_length() - 1
    exponent = min(max(fitting + source.one_of([0, 0, 0, -1, -4, 1, 2]), 0), EXPONENT_MAX)
    apart = isinstance(weight, Sparse) and source.whole(0, 1)
    delay = source.vector(len(weight.values()), 1, DELAY) if apart else source.whole(1, DELAY)
    # A rule that could change a tag by more than 24 bits is refused, whatever the sums are.
    return Projection(name, sender.name, target.name, weight, delay, exponent, rule if change <= STATE_MAX else None)


def filling_drive(network: CountNetwork, steps: int, batch: int) -> dict[str, Integers]:
    """Input for every population that takes its sums to the ends of the accumulator, or anywhere between."""
    source = Source(np.random.default_rng([network.seed, 1]))
    drive: dict[str, Integers] = {}
    for each in network.populations:
        low, high = summed_range(network, each)
        least, most = -STATE_MAX - low, STATE_MAX - high
        choice = source.rng.integers(0, 4, (steps, batch, each.size))
        anywhere = source.rng.integers(least, most, (steps, batch, each.size), endpoint=True)
        drive[each.name] = np.choose(choice, [least, most, np.clip(0, least, most), anywhere])
    return drive
