"""The integer rules of the chip, each stated once.

All functions take and return integer arrays. States are signed 24-bit numbers, computed in 64 bits so that no
intermediate result can overflow.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

STATE_BITS = 24
"""Width of a state and of the sum of a unit's input, sign included (Loihi and Loihi 2)."""

STATE_MAX = 2 ** (STATE_BITS - 1) - 1
"""Largest state. The range is symmetric, as on the chip: −STATE_MAX … STATE_MAX."""

DECAY_UNITY = 4096
"""A decay of 4096/4096 leaves nothing of a state; decays are 12-bit fractions."""

DELAY_MAX = 62
"""Longest delay in steps that every public model of the chip accepts."""

WEIGHT_MIN, WEIGHT_MAX = -256, 254
"""Range of a mixed-sign weight mantissa; such mantissas are even."""


def leak(state: Integers, decay: Integers | int) -> Integers:
    """Shrink towards zero: `sign(x) · ((|x| · (4096 − decay)) >> 12)`."""
    remaining = (np.abs(state) * (DECAY_UNITY - decay)) >> 12
    return np.sign(state) * remaining


def saturate(state: Integers, lowest: int, highest: int) -> Integers:
    """Clip a state to its range."""
    return np.clip(state, lowest, highest)


def wrap(state: Integers, lowest: int, highest: int) -> Integers:
    """Wrap around: `highest + 1` becomes `lowest`."""
    return (state - lowest) % (highest - lowest + 1) + lowest


OVERFLOW: dict[str, Callable[[Integers, int, int], Integers]] = {"saturate": saturate, "wrap": wrap}
"""What happens to a state that leaves its range, by the name in a network."""


def shift_right(value: Integers, bits: int) -> Integers:
    """Divide by `2**bits` and round down, also below zero, as an arithmetic shift does."""
    return value >> bits


def rank(table: Integers, row: Integers, value: Integers) -> Integers:
    """How many entries of `table[row]` are at most `value`.

    `table` is `(rows, columns)` with ascending rows; `row`, `value` and the result have the same shape.
    With cumulative probabilities in the rows and a uniform `value`, this samples by inversion.
    """
    return (table[row] <= value[..., np.newaxis]).sum(axis=-1, dtype=np.int64)


def entry(table: Integers, row: Integers, column: Integers) -> Integers:
    """`table[row, column]`; `row`, `column` and the result have the same shape."""
    return table[row, column]
