"""What the rows of a table hold: values of a function, or thresholds of a distribution.

A row stands for an interval of the potential, and is computed for the middle of that interval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from quantal.neuro.arithmetic import STATE_BITS, STATE_MAX, Integers, shift_right
from quantal.neuro.draws import DRAW_RANGE
from quantal.neuro.protocols import Floats, Integration, whole

ROWS_MAX = 1024
"""Most rows of a table that stands for a function or a distribution of the potential."""

SERIES_MAX = 0.01
"""Arguments up to this size are taken from the series, where the closed form cancels; both err below 1e-12 there."""

GAUSSIAN_LARGEST = 4.0
"""A Gaussian draw is clipped at this many standard deviations, which 1 draw in 16 000 passes."""

QUADRATURE_NODES = 16
"""Enough for errors below the rounding of the thresholds, up to a parameter of 30 times the number of levels."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a table: `first_row` and `shift` select one, and `middle` is the potential of each, `(rows,)`."""

    shift: int
    first_row: int
    middle: Floats


def rows_between(lowest: float, highest: float, state_scale: float, integration: Integration) -> Rows:
    """At most `ROWS_MAX` rows of equal width over the potentials that an integration can reach in a range."""
    ends = np.clip(np.array([lowest, highest]) / state_scale, integration.lowest, integration.highest)
    low, high = int(np.floor(ends[0])), int(np.ceil(ends[1]))
    shift = next(bits for bits in range(STATE_BITS) if (high >> bits) - (low >> bits) < ROWS_MAX)
    numbers = np.arange(low >> shift, (high >> shift) + 1)
    middle = (numbers * 2**shift + (2**shift - 1) / 2) * state_scale
    return Rows(shift, int(numbers[0]), np.clip(middle, lowest, highest))


def row_of(v: Integers, shift: int, first_row: int, rows: int) -> Integers:
    """The row of a potential: `clip((v >> shift) − first_row, 0, rows − 1)`."""
    return np.clip(shift_right(v, shift) - first_row, 0, rows - 1)


def row_problems(shift: int, first_row: int) -> list[str]:
    """What is wrong with the numbers that select a row."""
    return [*whole(shift, "shift", 0, 23), *whole(first_row, "first_row", -STATE_MAX, STATE_MAX)]


def threshold_problems(thresholds: Integers, columns: str) -> list[str]:
    """What is wrong with a table of cumulative probabilities; `columns` is what its columns are called."""
    if thresholds.ndim != 2 or thresholds.dtype != np.int64 or not thresholds.size:
        return [f"thresholds is {thresholds.dtype} {thresholds.shape}, expected int64 (rows, {columns})"]
    steps_down = np.argwhere(np.diff(thresholds, axis=1) < 0)
    outside = np.argwhere((thresholds < 0) | (thresholds > DRAW_RANGE))
    return [
        *([f"thresholds descend in row {steps_down[0][0]}"] if len(steps_down) else []),
        *([f"thresholds leave 0 to {DRAW_RANGE} in row {outside[0][0]}"] if len(outside) else []),
    ]


def rows_reached(lowest: int, highest: int, shift: int, first_row: int, rows: int) -> slice:
    """Every row that a potential between `lowest` and `highest` selects."""
    first, last = row_of(np.array([lowest, highest]), shift, first_row, rows)
    return slice(int(first), int(last) + 1)


def langevin(b: Floats) -> Floats:
    """`coth b − 1/b`, the mean of a continuous Bernoulli variable with natural parameter `b`."""
    small = np.abs(b) < SERIES_MAX
    large = np.where(small, 1.0, b)
    return np.where(small, b / 3 - b**3 / 45, 1 / np.tanh(large) - 1 / large)


def rectified(v: Floats) -> Floats:
    """`max(v, 0)`."""
    return np.maximum(v, 0.0)


FUNCTIONS: Mapping[str, Callable[[Floats], Floats]] = MappingProxyType(
    {"langevin": langevin, "exp": np.exp, "log": np.log, "tanh": np.tanh, "rectified": rectified}
)
"""Functions that a `FloatTable` may hold, by name; all are monotone."""


@dataclass(frozen=True)
class Distribution:
    """A distribution of a message, of which the potential is the parameter.

    Parameters
    ----------
    largest
        Largest absolute message.
    cumulative
        `(x, v)` to the probability of at most `x`.
    sample
        `(v, generator)` to a draw for each `v`.
    """

    largest: float
    cumulative: Callable[[Floats, Floats], Floats]
    sample: Callable[[Floats, np.random.Generator], Floats]


def continuous_bernoulli(x: Floats, b: Floats) -> Floats:
    """`(exp(bx) − exp(−b)) / (exp(b) − exp(−b))`: the cumulative probability of the density ∝ `exp(bx)` on [−1, 1]."""
    size = np.maximum(np.abs(b), 1e-9)  # no size above zero makes a difference to the ratio that follows
    mirrored = x * np.where(b < 0, -1, 1)
    below = np.exp(size * (mirrored - 1)) * np.expm1(-size * (mirrored + 1)) / np.expm1(-2 * size)
    return np.where(b < 0, 1 - below, below)


def sample_continuous_bernoulli(b: Floats, generator: np.random.Generator) -> Floats:
    """Draws by inversion: `x = ln(exp(−b) + u (exp(b) − exp(−b))) / b`."""
    u = np.maximum(generator.random(b.shape), np.finfo(float).tiny)
    even = np.abs(b) < 1e-6
    divisor = np.where(even, 1.0, b)
    return np.where(even, 2 * u - 1, np.logaddexp(divisor + np.log(u), -divisor + np.log1p(-u)) / divisor)


def gaussian(x: Floats, v: Floats) -> Floats:
    """The cumulative probability of the standard Gaussian, whatever `v` is."""
    from scipy.special import ndtr  # takes longer to import than everything else that a run needs

    return ndtr(x) + 0 * v


def sample_gaussian(v: Floats, generator: np.random.Generator) -> Floats:
    """Standard Gaussian draws, clipped as in a table."""
    return np.clip(generator.standard_normal(v.shape), -GAUSSIAN_LARGEST, GAUSSIAN_LARGEST)


DISTRIBUTIONS: Mapping[str, Distribution] = MappingProxyType(
    {
        "continuous_bernoulli": Distribution(1.0, continuous_bernoulli, sample_continuous_bernoulli),
        "gaussian": Distribution(GAUSSIAN_LARGEST, gaussian, sample_gaussian),
    }
)
"""Distributions that a `FloatTableDraw` may draw from, by name."""


def draw_thresholds(distribution: str, parameter: Floats, levels: int) -> Integers:
    """Thresholds that draw one of the levels `−levels … levels` with the mean of a distribution, `(rows, 2 * levels)`.

    Level `k` stands for `k / levels` of the largest message. A value between two levels becomes either of them, with
    the probabilities that keep the mean; so level `k` or less has the mean cumulative probability of the values from
    `k` to `k + 1`. That is rounded to 1/65536: the mean of a row is off by at most 1/65536 of the largest message.
    `parameter` is `(rows,)`.
    """
    source, (nodes, weights) = DISTRIBUTIONS[distribution], np.polynomial.legendre.leggauss(QUADRATURE_NODES)
    places = np.arange(-levels, levels)[:, np.newaxis] + (nodes + 1) / 2
    probability = source.cumulative(places / levels * source.largest, parameter[:, np.newaxis, np.newaxis])
    return np.rint(probability @ (weights / 2) * DRAW_RANGE).astype(np.int64)
