"""TableDraw: a random message, drawn from a row of thresholds that the potential selects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from quantal.neuro.arithmetic import STATE_MAX, Integers, rank
from quantal.neuro.draws import DRAW_RANGE
from quantal.neuro.neurons.table import argument_problems
from quantal.neuro.neurons.table_rows import (
    DISTRIBUTIONS,
    draw_thresholds,
    row_of,
    row_problems,
    rows_between,
    rows_reached,
    threshold_problems,
)
from quantal.neuro.protocols import (
    NO_STATES,
    Equations,
    Floats,
    FloatState,
    Integration,
    State,
    no_limits,
    one_draw,
    whole,
)


@dataclass(frozen=True, eq=False)
class TableDraw:
    """`message = lowest + rank(thresholds[clip((v >> shift) − first_row, 0, rows − 1)], uniform)`.

    A row holds the cumulative probabilities of messages `lowest`, `lowest + 1` … in 1/65536; the rank is the number of
    entries up to a 16-bit uniform draw, one for each unit and step.

    Parameters
    ----------
    thresholds
        `(rows, columns)`, ascending along a row, 0 to 65536.
    shift
        Potentials that differ only in their last `shift` bits share a row.
    first_row
        `v >> shift` of the first row; potentials outside the table use its first or last row.
    lowest
        Smallest message; the largest is `lowest + columns`.
    """

    thresholds: Integers
    shift: int
    first_row: int
    lowest: int = 0

    states: ClassVar = NO_STATES
    limits = no_limits
    draw_count = one_draw

    def problems(self, size: int) -> list[str]:
        return threshold_problems(self.thresholds, "columns") or [
            *row_problems(self.shift, self.first_row),
            *whole(self.lowest, "lowest", -STATE_MAX, STATE_MAX - self.thresholds.shape[1]),
        ]

    def step(self, own: State, v: Integers, uniform: Integers) -> tuple[Integers, State, Integers]:
        row = row_of(v, self.shift, self.first_row, len(self.thresholds))
        return self.lowest + rank(self.thresholds, row, uniform), own, v

    def message_range(self, lowest: int, highest: int) -> tuple[int, int]:
        reached = self.thresholds[rows_reached(lowest, highest, self.shift, self.first_row, len(self.thresholds))]
        least, most = ((reached <= draw).sum(axis=1) for draw in (0, DRAW_RANGE - 1))
        return self.lowest + int(least.min()), self.lowest + int(most.max())

    def equations(self) -> Equations:
        row = "saturate(shift_right(v, shift) - first_row, 0, last_row)"
        return Equations(
            f"message = lowest + rank_in_thresholds({row}, uniform)",
            constants={
                "shift": self.shift,
                "first_row": self.first_row,
                "last_row": len(self.thresholds) - 1,
                "lowest": self.lowest,
            },
            tables={"thresholds": self.thresholds},
        )


def gaussian_noise(deviation: float, largest: int) -> TableDraw:
    """Whole numbers from the Gaussian of mean 0 and this standard deviation, clipped at `±largest`.

    The potential makes no difference. A probability is off by at most 1/65536, so tails beyond 4 deviations are lost.
    """
    from scipy.special import ndtr  # takes longer to import than everything else that a run needs

    edges = np.arange(-largest, largest) + 0.5
    return TableDraw(np.rint(ndtr(edges / deviation) * DRAW_RANGE).astype(np.int64)[np.newaxis], 0, 0, -largest)


@dataclass(frozen=True)
class FloatTableDraw:
    """A message from a distribution with parameter v, clipped to `lowest` … `highest`.

    Parameters
    ----------
    distribution
        `continuous_bernoulli` (density ∝ `exp(vm)` on −1 … 1) or `gaussian` (standard, whatever v is).
    levels
        The integer message is −levels … levels, one of the two beside the draw, at random so that the mean is kept.
    lowest, highest
        Range of the parameter.
    """

    distribution: str
    levels: int
    lowest: float
    highest: float

    states: ClassVar = NO_STATES

    def problems(self, size: int) -> list[str]:
        if self.distribution not in DISTRIBUTIONS:
            return [f"distribution is {self.distribution!r}, expected one of {', '.join(DISTRIBUTIONS)}"]
        return whole(self.levels, "levels", 1, 2**15 - 1) + argument_problems(self.lowest, self.highest)

    def step(self, own: FloatState, v: Floats, generator: np.random.Generator) -> tuple[Floats, FloatState, Floats]:
        return DISTRIBUTIONS[self.distribution].sample(np.clip(v, self.lowest, self.highest), generator), own, v

    def message_bound(self, lowest: float, highest: float) -> float:
        return DISTRIBUTIONS[self.distribution].largest

    def message_scale(self, state_scale: float, bound: float, message_bits: int) -> float:
        """The distance of two levels."""
        return bound / self.levels

    def finest_state_scale(self) -> float:
        return 0.0

    def quantise(self, state_scale: float, message_scale: float, integration: Integration) -> TableDraw:
        rows = rows_between(self.lowest, self.highest, state_scale, integration)
        thresholds = draw_thresholds(self.distribution, rows.middle, self.levels)
        if (thresholds == thresholds[0]).all():
            return TableDraw(thresholds[:1], 0, 0, -self.levels)
        return TableDraw(thresholds, rows.shift, rows.first_row, -self.levels)
