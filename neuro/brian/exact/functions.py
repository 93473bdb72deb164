"""The integer rules of `neuro.arithmetic` as functions that Brian2 text can call, in NumPy and in Cython.

Both compute in 64 bits: the product of a 24-bit state and a 12-bit decay does not fit in 32.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantal.neuro import arithmetic
from quantal.neuro.arithmetic import DECAY_UNITY, Integers
from quantal.neuro.brian.host import brian2

LEAK = f"""
cdef int64_t leak(int64_t value, int64_t decay) noexcept:
    if value < 0:
        return -((-value * ({DECAY_UNITY} - decay)) >> 12)
    return (value * ({DECAY_UNITY} - decay)) >> 12
"""

SATURATE = """
cdef int64_t saturate(int64_t value, int64_t lowest, int64_t highest) noexcept:
    if value < lowest:
        return lowest
    return highest if value > highest else value
"""

# The remainder follows Python, never below zero: Brian2 compiles with `cdivision` off.
WRAP = """
cdef int64_t wrap(int64_t value, int64_t lowest, int64_t highest) noexcept:
    return (value - lowest) % (highest - lowest + 1) + lowest
"""

SHIFT_RIGHT = """
cdef int64_t shift_right(int64_t value, int64_t bits) noexcept:
    return value >> bits
"""

RANK = """
cdef int64_t rank_in_{table}(int64_t row, int64_t value) noexcept:
    global _namespace_{table}_entries, _namespace_{table}_columns
    cdef int64_t columns = _namespace_{table}_columns[0]
    cdef int64_t count = 0
    while count < columns and _namespace_{table}_entries[row * columns + count] <= value:
        count += 1
    return count
"""

ENTRY = """
cdef int64_t entry_in_{table}(int64_t row, int64_t column) noexcept:
    global _namespace_{table}_entries, _namespace_{table}_columns
    return _namespace_{table}_entries[row * _namespace_{table}_columns[0] + column]
"""

LOOK_UPS = ("rank_in", "entry_in")
"""What the functions of a table `x` are called, before `_x`."""


def integer_function(
    rule: Callable[..., Integers], arguments: int, cython: str, arrays: dict[str, NDArray[np.int32]] | None = None
) -> Any:
    """A Brian2 function of whole numbers; `arrays` are known to the Cython text as `_namespace<name>`."""

    def widened(*values: Any) -> Integers:
        return rule(*(np.asarray(value, np.int64) for value in values))

    function = brian2.Function(
        widened,
        arg_units=[1] * arguments,
        return_unit=1,
        arg_types=["integer"] * arguments,
        return_type="integer",
    )
    function.implementations.add_implementation("numpy", code=widened)
    function.implementations.add_implementation("cython", code=cython, namespace=arrays or {})
    return function


def table_functions(table: str, entries: Integers) -> dict[str, Any]:
    """`rank_in_<table>(row, value)` and `entry_in_<table>(row, column)` for entries `(rows, columns)`."""
    arrays = {
        f"_{table}_entries": np.ascontiguousarray(entries, np.int32).ravel(),
        f"_{table}_columns": np.array([entries.shape[1]], np.int32),
    }
    return {
        f"rank_in_{table}": integer_function(partial(arithmetic.rank, entries), 2, RANK.format(table=table), arrays),
        f"entry_in_{table}": integer_function(partial(arithmetic.entry, entries), 2, ENTRY.format(table=table), arrays),
    }


FUNCTIONS: dict[str, Any] = {
    "leak": integer_function(arithmetic.leak, 2, LEAK),
    "saturate": integer_function(arithmetic.saturate, 3, SATURATE),
    "wrap": integer_function(arithmetic.wrap, 3, WRAP),
    "shift_right": integer_function(arithmetic.shift_right, 2, SHIFT_RIGHT),
}
"""Functions by the name that `Equations` call them."""
