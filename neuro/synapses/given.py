"""Convert weights that users pass, such as arrays, to float weights."""

from __future__ import annotations

from functools import singledispatch
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_array

from quantal.neuro.errors import QuantalError
from quantal.neuro.protocols import Floats, FloatWeight
from quantal.neuro.synapses import FLOAT_WEIGHTS, FloatDense, FloatDiagonal, FloatSparse

GivenWeight: TypeAlias = "FloatWeight | Floats | csr_array"

CONVERSIONS = {
    "detach": "{}.detach().cpu().numpy()",
    "tocsr": "scipy.sparse.csr_array({})",
    "append": "numpy.array({})",
}
"""A method that identifies a type of another package, and code that converts its values to an array."""


def float_weight(given: GivenWeight, name: str, where: str) -> FloatWeight:
    """A float weight unchanged, or an array as a float weight.

    Parameters
    ----------
    given
        A float weight, a SciPy `csr_array` `(target units, source units)`, or a NumPy array: a matrix
        `(target units, source units)`, or a vector `(units,)`, which connects units of the same index.
    name, where
        Name of the weight and place for error messages.

    Raises
    ------
    QuantalError
        If the value is no weight; the message says how to convert it.
    """
    weight = converted(given)
    if isinstance(weight, tuple(FLOAT_WEIGHTS.values())):
        return weight
    matrix, kinds = "(target units, source units)", ", ".join(FLOAT_WEIGHTS)
    ways = [way.format(name) for method, way in CONVERSIONS.items() if hasattr(given, method)]
    raise QuantalError(
        f"{name} is {described(given)}",
        where=where,
        expected=f"numbers in a NumPy array {matrix} or (units,), a SciPy csr_array, or one of {kinds}",
        hint=f"pass {ways[0]}" if ways else "",
    )


@singledispatch
def converted(given: Any) -> Any:
    """An array as a float weight; anything else unchanged."""
    return given


@converted.register(csr_array)
def _(given: csr_array) -> Any:
    return FloatSparse.of(given)


@converted.register(np.ndarray)
def _(given: np.ndarray) -> Any:
    kinds = {1: FloatDiagonal, 2: FloatDense}
    numbers = given.dtype.kind in "biuf" and given.ndim in kinds
    return kinds[given.ndim](np.asarray(given, np.float64)) if numbers else given


def described(given: Any) -> str:
    """The type of a value, or the numbers and the shape of an array."""
    return f"{given.dtype} {given.shape}" if isinstance(given, np.ndarray) else f"a {type(given).__name__}"
