"""Convert arrays that users pass as weights to float weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import scipy

from quantal.neuro.errors import QuantalError, type_of
from quantal.neuro.protocols import Floats, FloatWeight
from quantal.neuro.synapses import FLOAT_WEIGHTS, FloatDense, FloatDiagonal, FloatSparse
from quantal.neuro.synapses.delays import Delays
from quantal.neuro.synapses.storage import DELAY_TYPE, narrowed

if TYPE_CHECKING:
    from scipy.sparse import sparray

WeightLike: TypeAlias = "FloatWeight | Floats | sparray"

DelaysLike: TypeAlias = "Delays | sparray"

CONVERSIONS = {
    "detach": "{}.detach().cpu().numpy()",
    "toarray": "{}.toarray()",
    "append": "numpy.array({})",
}
"""Method that identifies a type of another package to the code that converts its values to an array."""
REAL = "biuf"
"""Kinds of NumPy types that are real numbers."""
ARRAYS: Mapping[int, type[FloatDiagonal] | type[FloatDense]] = {1: FloatDiagonal, 2: FloatDense}
"""Number of dimensions of an array to the weight that it becomes."""


def float_weight(given: WeightLike, name: str, where: str) -> FloatWeight:
    """A float weight unchanged, or an array as a float weight.

    Parameters
    ----------
    given
        A float weight, a SciPy sparse array `(target units, source units)`, or a NumPy array: a matrix
        `(target units, source units)`, or a vector `(units,)`, which connects units of the same index.
    name, where
        Name of the weight and place for error messages.

    Raises
    ------
    QuantalError
        If the value is not a weight; the message says how to convert it.
    """
    weight = converted(given)
    if isinstance(weight, tuple(FLOAT_WEIGHTS.values())):
        return weight
    matrix, kinds = "(target units, source units)", ", ".join(FLOAT_WEIGHTS)
    ways = [way.format(name) for method, way in CONVERSIONS.items() if hasattr(given, method)]
    raise QuantalError(
        f"{name} is {described(given)}",
        where=where,
        expected=f"numbers in a NumPy array {matrix} or (units,), a SciPy sparse array, or one of {kinds}",
        hint=f"pass {ways[0]}" if ways else "",
    )


def converted(given: Any) -> Any:
    """A matrix or a vector of real numbers as a float weight; anything else unchanged."""
    if hasattr(given, "tocsr"):
        return FloatSparse.of(given.tocsr()) if given.ndim == 2 and given.dtype.kind in REAL else given
    if isinstance(given, np.ndarray) and given.dtype.kind in REAL and given.ndim in ARRAYS:
        return ARRAYS[given.ndim](np.asarray(given, np.float64))
    return given


def with_delays(weight: FloatWeight, delay_steps: DelaysLike, name: str) -> tuple[FloatWeight, Delays]:
    """A weight and its delays; where each connection has its own, both in order of target and source unit.

    Raises
    ------
    QuantalError
        If two connections with delays join the same units, or a sparse array of delays has other entries.
    """
    given: Any = delay_steps
    if not isinstance(weight, FloatSparse) or isinstance(given, int) or weight.problems():
        return weight, narrowed(given, DELAY_TYPE)
    entries = scipy.sparse.csr_array((np.arange(weight.data.size), weight.indices, weight.indptr), shape=weight.shape)
    entries.sort_indices()
    if not entries.has_canonical_format:
        raise QuantalError(
            "two connections with delays join the same units",
            where=f"projection {name}",
            hint="put one of them into another projection",
        )
    ordered = FloatSparse(weight.data[entries.data], entries.indices, entries.indptr, weight.shape)
    if hasattr(given, "tocsr"):
        given = delays_of_entries(ordered, given.tocsr(), name)
    elif np.shape(given) == entries.data.shape:
        given = given[entries.data]
    return ordered, narrowed(given, DELAY_TYPE)


def delays_of_entries(weight: FloatSparse, delays: Any, name: str) -> Any:
    """The delay of each entry of an ordered weight, from a SciPy array with the same entries."""
    delays = delays.copy()
    delays.sort_indices()
    same_rows = delays.shape == weight.shape and np.array_equal(delays.indptr, weight.indptr)
    if not same_rows or not np.array_equal(delays.indices, weight.indices):
        raise QuantalError(
            "delays and weights join different units",
            where=f"projection {name}",
            expected=f"a delay for each of the {weight.data.size} entries of the weight",
            got=f"{delays.nnz} delays {delays.shape}",
        )
    return delays.data


def described(given: Any) -> str:
    """The type of a value, or the numbers and the shape of an array."""
    return f"{given.dtype} {given.shape}" if isinstance(given, np.ndarray) else type_of(given)
