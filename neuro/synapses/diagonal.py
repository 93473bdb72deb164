"""Diagonal: each target unit receives from the source unit of the same index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from quantal.neuro.protocols import Floats, FloatWeight
from quantal.neuro.synapses.sparse import FloatSparse, Sparse, from_matrix
from quantal.neuro.synapses.storage import WEIGHT_TYPE

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class FloatDiagonal:
    """`a = weight · m` in physical units, unit by unit; `weight` is `(units,)`."""

    weight: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """`(units, units)`."""
        return self.weight.size, self.weight.size

    def problems(self) -> list[str]:
        if self.weight.ndim == 1 and self.weight.dtype == np.float64:
            return []
        return [f"weight is {self.weight.dtype} {self.weight.shape}, expected float64 (units,)"]

    def values(self) -> Floats:
        return self.weight

    def mapped(self, function: Callable[[Floats], Floats]) -> FloatDiagonal:
        return FloatDiagonal(function(self.weight))

    def scaled(self, factor: float) -> FloatDiagonal:
        return FloatDiagonal(self.weight * factor)

    def minus(self, other: FloatWeight) -> FloatDiagonal:
        return FloatDiagonal(self.weight - other.values())

    def plus(self, other: FloatWeight) -> FloatWeight:
        return from_matrix(self.to_matrix() + other.to_matrix())

    def after(self, before: FloatWeight) -> FloatWeight:
        return before.by_row(np.multiply, self.weight)

    def by_row(self, operation: np.ufunc, numbers: Floats) -> FloatDiagonal:
        return FloatDiagonal(operation(self.weight, numbers))

    def row_sizes(self) -> Floats:
        return np.abs(self.weight)

    def apply(self, message: Floats) -> Floats:
        return message * self.weight

    def quantise(self) -> Sparse:
        units = np.arange(self.weight.size)
        return Sparse(units, units, np.rint(self.weight).astype(WEIGHT_TYPE), *self.shape)

    def to_matrix(self) -> csr_array:
        units = np.arange(self.weight.size + 1)
        return scipy.sparse.csr_array((self.weight, units[:-1], units), shape=self.shape)

    def to_dense(self) -> Floats:
        return np.diag(self.weight)


def identity(size: int) -> FloatDiagonal:
    """The weight that does not change any message."""
    return FloatDiagonal(np.ones(size))


def chained(outer: FloatWeight, inner: FloatWeight) -> FloatWeight:
    """The linear map that applies `inner` and then `outer`; `outer` itself if `inner` is the identity."""
    unchanged = isinstance(inner, FloatDiagonal) and (inner.weight == 1).all()
    return outer if unchanged else outer.after(inner)


def as_diagonal(weight: FloatWeight) -> FloatWeight:
    """Convert a square diagonal `FloatSparse` to a `FloatDiagonal`.

    Any other weight is returned unchanged.
    """
    if not isinstance(weight, FloatSparse) or weight.shape[0] != weight.shape[1]:
        return weight
    rows, columns = weight.csr.nonzero()
    return FloatDiagonal(np.asarray(weight.csr.diagonal(), np.float64)) if (rows == columns).all() else weight
