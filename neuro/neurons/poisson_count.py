"""PoissonCount: a Poisson count with log-rate v, drawn from an integer table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from quantal.neuro.arithmetic import STATE_BITS, Integers, rank
from quantal.neuro.draws import DRAW_RANGE
from quantal.neuro.neurons.table_rows import row_of, row_problems, threshold_problems
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

ROW_WIDTH_NATS = 1 / 16
"""Log-rates within this distance share a row of the table; the inference loop compensates for the difference."""


@dataclass(frozen=True, eq=False)
class PoissonCount:
    """`message = rank(thresholds[(v >> shift) − first_row], uniform)`.

    A row holds the cumulative probabilities of counts 0, 1, 2 … in 1/65536; the count is the
    number of entries up to a 16-bit uniform draw. States outside the table use its first or last row.

    Parameters
    ----------
    thresholds
        `(rows, max_count)`, ascending along a row, 0 to 65536.
    shift
        States that differ only in their last `shift` bits share a row.
    first_row
        `v >> shift` of the first row.
    """

    thresholds: Integers
    shift: int
    first_row: int

    states: ClassVar = NO_STATES
    limits = no_limits
    draw_count = one_draw

    def problems(self, size: int) -> list[str]:
        return threshold_problems(self.thresholds, "max_count") + row_problems(self.shift, self.first_row)

    def step(self, own: State, v: Integers, uniform: Integers) -> tuple[Integers, State, Integers]:
        row = row_of(v, self.shift, self.first_row, len(self.thresholds))
        return rank(self.thresholds, row, uniform), own, v

    def message_range(self, lowest: int, highest: int) -> tuple[int, int]:
        return 0, self.thresholds.shape[1]

    def equations(self) -> Equations:
        return Equations(
            "message = rank_in_thresholds(saturate(shift_right(v, shift) - first_row, 0, last_row), uniform)",
            constants={"shift": self.shift, "first_row": self.first_row, "last_row": len(self.thresholds) - 1},
            tables={"thresholds": self.thresholds},
        )


def cumulative_table(log_rate: Floats, max_count: int) -> Integers:
    """Cumulative Poisson probabilities of 0 … max_count − 1 in 1/65536, `(rows, max_count)`.

    `log_rate` is `(rows,)` in nats. Larger counts become `max_count`.
    """
    from scipy.special import pdtr  # takes longer to import than everything else that a run needs

    probability = pdtr(np.arange(max_count), np.exp(log_rate)[:, np.newaxis])
    return np.rint(probability * DRAW_RANGE).astype(np.int64)


@dataclass(frozen=True)
class FloatPoissonCount:
    """`message ~ Poisson(exp(v))`, clipped at `max_count`, with v in nats."""

    max_count: int

    states: ClassVar = NO_STATES

    def problems(self, size: int) -> list[str]:
        return whole(self.max_count, "max_count", 1, 255)

    def step(self, own: FloatState, v: Floats, generator: np.random.Generator) -> tuple[Floats, FloatState, Floats]:
        counts = generator.poisson(np.exp(v))
        return np.minimum(counts, self.max_count).astype(np.float64), own, v

    def message_bound(self, lowest: float, highest: float) -> float:
        return float(self.max_count)

    def message_scale(self, state_scale: float, bound: float, message_bits: int) -> float:
        return 1.0

    def finest_state_scale(self) -> float:
        return 0.0

    def quantise(self, state_scale: float, message_scale: float, integration: Integration) -> PoissonCount:
        shift = min(max(0, round(float(np.log2(ROW_WIDTH_NATS / state_scale)))), STATE_BITS - 1)
        rows = np.arange(integration.lowest >> shift, (integration.highest >> shift) + 1)
        middle = (rows * 2**shift + (2**shift - 1) / 2) * state_scale
        return PoissonCount(cumulative_table(middle, self.max_count), shift, int(rows[0]))
