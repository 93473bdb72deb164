"""How integer weights are stored: 16 bits for a weight, which takes nine, and 32 for the number of a unit.

Sums are computed in 64 bits, so nothing is added or multiplied in the type in which it is stored.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Stored: TypeAlias = NDArray[np.signedinteger[Any]]
"""Whole numbers in the type in which they are stored."""

WEIGHT_TYPE, UNIT_TYPE, DELAY_TYPE = np.int16, np.int32, np.int8


def store(part: Any, **types: type[np.signedinteger[Any]]) -> None:
    """Convert fields of a frozen dataclass under construction, by name, to the types in which they are stored."""
    for name, kind in types.items():
        object.__setattr__(part, name, narrowed(getattr(part, name), kind))


def narrowed(given: Any, kind: type[np.signedinteger[Any]]) -> Any:
    """Whole numbers in the type `kind` if it can hold them; anything else unchanged, for `problems` to refuse."""
    if not isinstance(given, np.ndarray) or given.dtype.kind not in "iu":
        return given
    low, high = (int(given.min()), int(given.max())) if given.size else (0, 0)
    limits = np.iinfo(kind)
    return given_away(given.astype(kind)) if limits.min <= low and high <= limits.max and given.dtype != kind else given


def given_away(array: NDArray[Any]) -> NDArray[Any]:
    """An array that its maker will not change, so that no part needs a copy of its own."""
    array.flags.writeable = False
    return array


def are_whole(values: Any) -> bool:
    """Whether values are whole numbers in an array, with a sign."""
    return isinstance(values, np.ndarray) and values.dtype.kind == "i"
