"""The integer rules of a chip, each stated once.

Everything here takes and gives integer arrays. States are signed 24-bit numbers, held in 64 bits while a rule is
worked out so that no intermediate can overflow unseen.
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
"""A decay of 4096/4096 forgets everything; decays are 12-bit fractions."""

DELAY_MAX = 62
"""Longest delay in steps that every public model of the chip accepts."""

WEIGHT_MIN, WEIGHT_MAX = -256, 254
"""Range of a mixed-sign weight mantissa; such mantissas are even."""


def leak(state: Integers, decay: Integers | int) -> Integers:
    """Shrink towards zero: `sign(x) · ((|x| · (4096 − decay)) >> 12)`."""
    kept = (np.abs(state) * (DECAY_UNITY - decay)) >> 12
    return np.sign(state) * kept


def saturate(state: Integers, lowest: int, highest: int) -> Integers:
    """Hold a state at the ends of its range."""
    return np.clip(state, lowest, highest)


def wrap(state: Integers, lowest: int, highest: int) -> Integers:
    """Go round: one past `highest` is `lowest`."""
    return (state - lowest) % (highest - lowest + 1) + lowest


OVERFLOW: dict[str, Callable[[Integers, int, int], Integers]] = {"saturate": saturate, "wrap": wrap}
"""What a state does at the ends of its range, by the name that a network carries."""


def shift_right(value: Integers, bits: int) -> Integers:
    """Divide by `2**bits`, rounding down (also below zero), as an arithmetic shift does."""
    return value >> bits


def rank(table: Integers, row: Integers, value: Integers) -> Integers:
    """How many entries of `table[row]` are at most `value`.

    `table` is `(rows, columns)` with ascending rows; `row` and `value` have the same shape, as has the result.
    With cumulative probabilities in the rows and a uniform `value` this is a draw by inversion.
    """
    return (table[row] <= value[..., np.newaxis]).sum(axis=-1, dtype=np.int64)
