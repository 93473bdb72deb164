"""The bias and range of an integration: checks, ranges of single units, and the largest absolute value of an array."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.arithmetic import OVERFLOW, STATE_MAX
from quantal.neuro.errors import type_of
from quantal.neuro.protocols import Equations, Floats, finite, vector, whole

Array = NDArray[Any]


def range_problems(kind: Any, size: int) -> list[str]:
    """What is wrong with the bias and the range of an integration."""
    return [
        *vector(kind.bias, "bias", size, -STATE_MAX, STATE_MAX),
        *whole(kind.lowest, "lowest", -STATE_MAX, 0),
        *whole(kind.highest, "highest", 0, STATE_MAX),
    ] or unit_range_problems(kind, size, np.int64)


def unit_range_problems(kind: Any, size: int, dtype: type) -> list[str]:
    """What is wrong with the ranges of single units, if there are any."""
    given: Any = getattr(kind, "unit_range", None)
    if given is None:
        return []
    if not isinstance(given, np.ndarray) or given.shape != (2, size) or given.dtype != dtype:
        found = f"{given.dtype} {given.shape}" if isinstance(given, np.ndarray) else type_of(given)
        return [f"unit_range is {found}, expected {dtype.__name__} (2, {size}): lowest and highest v of each unit"]
    wrong = np.flatnonzero((given[0] < kind.lowest) | (given[1] > kind.highest) | ~(given[0] <= given[1]))
    if not wrong.size:
        return []
    low, high = given[:, wrong[0]].tolist()
    return [
        f"unit_range of unit {wrong[0]} is {low} to {high}, expected a range within {kind.lowest} to {kind.highest}"
    ]


def within_unit_range(kind: Any, v: Array) -> Array:
    """The potential, each unit of which saturates in its own range if the kind states these."""
    return v if kind.unit_range is None else np.clip(v, kind.unit_range[0], kind.unit_range[1])


def with_unit_range(kind: Any, equations: Equations) -> Equations:
    """The same equations, with the ranges of single units if the kind states these."""
    if kind.unit_range is None:
        return equations
    ends = dict(zip(("unit_lowest", "unit_highest"), kind.unit_range, strict=True))
    saturated = f"{equations.update}\nv = saturate(v, unit_lowest, unit_highest)"
    return replace(equations, update=saturated, vectors={**equations.vectors, **ends})


def integer_range(kind: Any, state_scale: float) -> dict[str, Any]:
    """The ranges of a float integration in multiples of `state_scale`, as fields of the integer one."""
    lowest = max(-STATE_MAX, round(kind.lowest / state_scale))
    highest = min(STATE_MAX, round(kind.highest / state_scale))
    if kind.unit_range is None:
        return {"lowest": lowest, "highest": highest}
    units = np.clip(np.rint(kind.unit_range / state_scale), lowest, highest).astype(np.int64)
    return {"lowest": lowest, "highest": highest, "unit_range": units}


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
    outside = [] if kind.lowest <= 0 <= kind.highest else ["the range does not hold 0"]
    return shape + numbers + outside or unit_range_problems(kind, size, np.float64)


def largest_size(value: Floats) -> float:
    """Largest absolute value, 0 for an empty array; unlike `np.abs`, this copies nothing."""
    return max(float(value.max(initial=0.0)), -float(value.min(initial=0.0)))
