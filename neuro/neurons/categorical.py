"""Categorical: a fixed number of packets, shared out among all units of a population at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.draws import DRAW_BITS, DRAW_RANGE
from quantal.neuro.neurons.table import function_problems
from quantal.neuro.neurons.table_rows import FUNCTIONS, row_of, row_problems, rows_between
from quantal.neuro.protocols import NO_STATES, Equations, Floats, FloatState, Integration, State, no_limits, whole

WEIGHTS_MAX = 2**31 - 1
"""Largest sum of all weights, so that its product with a 32-bit draw fits in 64 bits, and the sum itself in 32."""

WEIGHT_MAX = 2**15 - 1
"""Largest weight of a compiled table: 65 536 units may have it at once."""


@dataclass(frozen=True, eq=False)
class Categorical:
    """`count` packets a step and sample; each goes to unit `k` with probability `weight_k / Σ weight`.

    `weight = weights[clip((v >> shift) − first_row, 0, rows − 1)]`; if all weights are 0, all count as 1. With
    `c_k = weight_0 + … + weight_k`, a packet has the position `(draw · c_last) >> 32`, and goes to the unit with
    `c_{k−1} ≤ position < c_k`. A draw has 32 bits: 16-bit draw `n` of the population, then draw `count + n`.

    Parameters
    ----------
    weights
        `(rows,)`, 0 or more.
    shift
        Potentials that differ only in their last `shift` bits share a row.
    first_row
        `v >> shift` of the first row; potentials outside the table use its first or last row.
    count
        Number of packets, the sum of all messages of a step.
    """

    weights: Integers
    shift: int
    first_row: int
    count: int

    states: ClassVar = NO_STATES
    limits = no_limits

    def problems(self, size: int) -> list[str]:
        weights = self.weights
        if weights.ndim != 1 or weights.dtype != np.int64 or not weights.size:
            return [f"weights is {weights.dtype} {weights.shape}, expected int64 (rows,)"]
        negative, most = np.flatnonzero(weights < 0), size * int(weights.max())
        too_large = f"the weights of {size} units can sum to {most}, expected at most {WEIGHTS_MAX}"
        return [
            *row_problems(self.shift, self.first_row),
            *whole(self.count, "count", 1, DRAW_RANGE),
            *([f"weights[{negative[0]}] is {weights[negative[0]]}, expected 0 or more"] if negative.size else []),
            *([too_large] if most > WEIGHTS_MAX else []),
        ]

    def draw_count(self, size: int) -> int:
        return 2 * self.count

    def cumulative(self, v: Integers, uniform: Integers) -> Integers:
        """`c_k` of every unit, `(batch, units)`."""
        weight = self.weights[row_of(v, self.shift, self.first_row, len(self.weights))]
        return np.where(weight.any(axis=1, keepdims=True), weight, 1).cumsum(axis=1)

    def positions(self, v: Integers, uniform: Integers) -> Integers:
        """The position of every packet, ascending, `(batch, count)`."""
        draw = (uniform[:, : self.count] << DRAW_BITS) + uniform[:, self.count :]
        return np.sort((draw * self.cumulative(v, uniform)[:, -1:]) >> (2 * DRAW_BITS), axis=1)

    def step(self, own: State, v: Integers, uniform: Integers) -> tuple[Integers, State, Integers]:
        ends, positions = self.cumulative(v, uniform), self.positions(v, uniform)
        before = [np.searchsorted(each, end, side="left") for each, end in zip(positions, ends, strict=True)]
        return np.diff(np.array(before), axis=1, prepend=0), own, v

    def message_range(self, lowest: int, highest: int) -> tuple[int, int]:
        return 0, self.count

    def equations(self) -> Equations:
        return Equations(
            "end = entry_in_cumulative(sample, unit)\n"
            "start = entry_in_cumulative(sample, saturate(unit - 1, 0, unit)) * int(unit > 0)\n"
            "message = rank_in_positions(sample, end - 1) - rank_in_positions(sample, start - 1)",
            pools={"cumulative": self.cumulative, "positions": self.positions},
        )


@dataclass(frozen=True)
class FloatCategorical:
    """`count` packets, each to unit `k` with probability `f(v_k) / Σ f(v)`.

    Parameters
    ----------
    count
        Number of packets in a step.
    function
        `exp` (softmax), `rectified`, or another function of `FloatTable` that is not negative in the range.
    lowest, highest
        Range of the argument. Integer weights are multiples of 1/32767 of the largest, so a smaller share is lost.
    """

    count: int
    function: str
    lowest: float
    highest: float

    states: ClassVar = NO_STATES

    def problems(self, size: int) -> list[str]:
        wrong = function_problems(self.function, self.lowest, self.highest)
        if wrong:
            return wrong
        least = FUNCTIONS[self.function](np.array([self.lowest, self.highest])).min()
        negative = [f"{self.function} of the range goes down to {least:g}, expected 0 or more"] if least < 0 else []
        return whole(self.count, "count", 1, DRAW_RANGE) + negative

    def step(self, own: FloatState, v: Floats, generator: np.random.Generator) -> tuple[Floats, FloatState, Floats]:
        weight = FUNCTIONS[self.function](np.clip(v, self.lowest, self.highest))
        weight = np.where(weight.any(axis=1, keepdims=True), weight, 1.0)
        share = weight / weight.sum(axis=1, keepdims=True)
        return generator.multinomial(self.count, share).astype(np.float64), own, v

    def message_bound(self, lowest: float, highest: float) -> float:
        return float(self.count)

    def message_scale(self, state_scale: float, bound: float, message_bits: int) -> float:
        return 1.0

    def finest_state_scale(self) -> float:
        return 0.0

    def quantise(self, state_scale: float, message_scale: float, integration: Integration) -> Categorical:
        rows = rows_between(self.lowest, self.highest, state_scale, integration)
        weight = FUNCTIONS[self.function](rows.middle)
        largest = weight.max() or 1.0
        return Categorical(
            np.rint(weight / largest * WEIGHT_MAX).astype(np.int64), rows.shift, rows.first_row, self.count
        )
