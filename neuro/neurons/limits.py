"""Checks of the bias and range of an integration, and the largest absolute value of an array."""

from __future__ import annotations

from typing import Any

from quantal.neuro.arithmetic import OVERFLOW, STATE_MAX
from quantal.neuro.protocols import Floats, finite, vector, whole


def range_problems(kind: Any, size: int) -> list[str]:
    """What is wrong with the bias and the range of an integration."""
    return [
        *vector(kind.bias, "bias", size, -STATE_MAX, STATE_MAX),
        *whole(kind.lowest, "lowest", -STATE_MAX, 0),
        *whole(kind.highest, "highest", 0, STATE_MAX),
    ]


def ranged(kind: Any, size: int) -> list[str]:
    """What is wrong with the bias, the range and the overflow of an integration."""
    return [
        *range_problems(kind, size),
        *([] if kind.overflow in OVERFLOW else [f"overflow is {kind.overflow!r}, expected one of {[*OVERFLOW]}"]),
    ]


def float_ranged(kind: Any, size: int) -> list[str]:
    """What is wrong with the bias and the range of a float integration."""
    shape = [] if kind.bias.shape == (size,) else [f"bias is {kind.bias.shape}, expected ({size},)"]
    numbers = finite(kind.bias, "bias") + finite(kind.lowest, "lowest") + finite(kind.highest, "highest")
    return shape + numbers + ([] if kind.lowest <= 0 <= kind.highest else ["the range does not hold 0"])


def largest_size(value: Floats) -> float:
    """Largest absolute value, 0 for an empty array; unlike `np.abs`, this copies nothing."""
    return max(float(value.max(initial=0.0)), -float(value.min(initial=0.0)))
