"""Sparse: only listed connections, for large populations with few of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy
from numpy.typing import NDArray

from quantal.neuro.arithmetic import Integers
from quantal.neuro.protocols import Bound, Floats, FloatWeight, Interval, Matrix
from quantal.neuro.synapses.dense import FloatDense
from quantal.neuro.synapses.reach import reach
from quantal.neuro.synapses.storage import UNIT_TYPE, WEIGHT_TYPE, Stored, are_whole, given_away, store

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class Sparse:
    """`a = W m` with W given by its connections.

    Parameters
    ----------
    target, source, weight
        `(connections,)` each: target unit, source unit and weight; each pair at most once.
    targets, sources
        Sizes of the two populations.
    """

    target: Stored
    source: Stored
    weight: Stored
    targets: int
    sources: int

    def __post_init__(self) -> None:
        store(self, target=UNIT_TYPE, source=UNIT_TYPE, weight=WEIGHT_TYPE)

    @property
    def shape(self) -> tuple[int, int]:
        """`(target units, source units)`."""
        return self.targets, self.sources

    def problems(self) -> list[str]:
        for name, size in (("target", self.targets), ("source", self.sources), ("weight", None)):
            value: Stored = getattr(self, name)
            if not are_whole(value) or value.shape != self.weight.shape or value.ndim != 1:
                return [f"{name} is {value.dtype} {value.shape}, expected whole numbers ({self.weight.size},)"]
            if size is not None and value.size and (value.min() < 0 or value.max() >= size):
                return [f"{name} holds unit {value[(value < 0) | (value >= size)][0]}, expected 0 to {size - 1}"]
        return ["a pair of units is connected twice"] if has_equal(self.pairs()) else []

    def pairs(self) -> Integers:
        """The number of the pair of units of each connection: `target · sources + source`."""
        pairs = self.target.astype(np.int64)
        pairs *= self.sources
        pairs += self.source
        return pairs

    def apply(self, message: Integers) -> Integers:
        a = np.zeros((len(message), self.targets), np.int64)
        np.add.at(a.T, self.target, (message[:, self.source] * self.weight).T)
        return a

    def values(self) -> Stored:
        return self.weight

    def part(self, chosen: NDArray[np.bool_]) -> Sparse:
        """Only some connections, `(connections,)`."""
        target, source, weight = (given_away(values[chosen]) for values in (self.target, self.source, self.weight))
        return Sparse(target, source, weight, self.targets, self.sources)

    def entries(self) -> tuple[Integers, Integers, Integers]:
        here = self.weight != 0
        target, source, weight = (values[here].astype(np.int64) for values in (self.target, self.source, self.weight))
        return target, source, weight

    def connections(self) -> tuple[Integers, Integers]:
        return self.target.astype(np.int64), self.source.astype(np.int64)

    def with_values(self, values: Integers) -> Sparse:
        return replace(self, weight=values)

    def reach(self, lowest: Bound, highest: Bound) -> Interval:
        def total(sign: np.ufunc, message: Bound) -> Integers:
            part = sign(self.weight, 0)
            weighted = part if np.ndim(message) == 0 else part * np.asarray(message)[self.source]
            # Sums of integers that a network accepts are exact in floating point.
            return np.bincount(self.target, weighted, self.targets).astype(np.int64)

        return reach(total, lowest, highest)


@dataclass(frozen=True, eq=False)
class FloatSparse:
    """`a = W m` in physical units, with W stored row by row as in SciPy's `csr_array`.

    Parameters
    ----------
    data, indices
        `(connections,)` each: weight and source unit. Weights of the same two units are added.
    indptr
        `(target units + 1,)`: the connections of target unit i are those from `indptr[i]` to before `indptr[i + 1]`.
    shape
        `(target units, source units)`.
    """

    data: Floats
    indices: NDArray[np.signedinteger[Any]]
    indptr: NDArray[np.signedinteger[Any]]
    shape: tuple[int, int]

    @staticmethod
    def of(matrix: csr_array) -> FloatSparse:
        """The weight with the numbers of a SciPy matrix, which are not copied if they are 64-bit floats."""
        targets, sources = (int(size) for size in matrix.shape or ())
        return FloatSparse(np.asarray(matrix.data, np.float64), matrix.indices, matrix.indptr, (targets, sources))

    @cached_property
    def csr(self) -> csr_array:
        """A SciPy matrix of the same weights, in which those of the same two units are added."""
        matrix = scipy.sparse.csr_array((self.data, self.indices, self.indptr), shape=self.shape)
        if matrix.has_canonical_format:
            return matrix
        # SciPy adds them in place, which would change the arrays of this weight.
        merged = matrix.copy()
        merged.sum_duplicates()
        return merged

    def problems(self) -> list[str]:
        count, (targets, sources) = self.data.size, self.shape
        if self.data.shape != (count,) or self.data.dtype != np.float64:
            return [f"data is {self.data.dtype} {self.data.shape}, expected float64 ({count},)"]
        for name, length in (("indices", count), ("indptr", targets + 1)):
            value: NDArray[Any] = getattr(self, name)
            if value.shape != (length,) or value.dtype.kind != "i":
                return [f"{name} is {value.dtype} {value.shape}, expected whole numbers ({length},)"]
        if count and (self.indices.min() < 0 or self.indices.max() >= sources):
            outside = self.indices[(self.indices < 0) | (self.indices >= sources)]
            return [f"indices holds unit {outside[0]}, expected 0 to {sources - 1}"]
        if self.indptr[0] != 0 or self.indptr[-1] != count or (np.diff(self.indptr) < 0).any():
            return [f"indptr does not ascend from 0 to {count}"]
        return []

    def values(self) -> Floats:
        return np.asarray(self.csr.data, np.float64)

    def with_values(self, values: Floats) -> FloatSparse:
        """The same connections with other weights; the arrays that number them are shared."""
        return FloatSparse(values, self.csr.indices, self.csr.indptr, self.shape)

    def part(self, chosen: NDArray[np.bool_]) -> FloatSparse:
        """Only some connections, `(connections,)`."""
        ends = np.concatenate([[0], np.cumsum(chosen)])
        return FloatSparse(self.values()[chosen], self.csr.indices[chosen], ends[self.csr.indptr], self.shape)

    def mapped(self, function: Callable[[Floats], Floats]) -> FloatSparse:
        return self.with_values(function(self.values()))

    def scaled(self, factor: float) -> FloatSparse:
        return self.with_values(self.values() * factor)

    def minus(self, other: FloatWeight) -> FloatSparse:
        if isinstance(other, FloatSparse) and self.joins_the_units_of(other):
            return self.with_values(self.values() - other.values())
        return FloatSparse.of(scipy.sparse.csr_array(self.csr - other.to_matrix()))

    def plus(self, other: FloatWeight) -> FloatWeight:
        return from_matrix(self.csr + other.to_matrix())

    def after(self, before: FloatWeight) -> FloatWeight:
        return from_matrix(self.csr @ before.to_matrix())

    def joins_the_units_of(self, other: FloatSparse) -> bool:
        """Whether both store the same connections, in the same order."""
        same_rows = self.shape == other.shape and np.array_equal(self.csr.indptr, other.csr.indptr)
        return same_rows and np.array_equal(self.csr.indices, other.csr.indices)

    def by_row(self, operation: np.ufunc, numbers: Floats) -> FloatSparse:
        return self.with_values(operation(self.values(), np.repeat(numbers, np.diff(self.csr.indptr))))

    def row_sizes(self) -> Floats:
        return np.asarray(abs(self.csr).sum(axis=1)).ravel()

    def apply(self, message: Floats) -> Floats:
        return message @ self.csr.T

    def quantise(self) -> Sparse:
        weight = np.rint(self.values()).astype(WEIGHT_TYPE)
        target = np.repeat(np.arange(self.shape[0], dtype=UNIT_TYPE), np.diff(self.csr.indptr))
        return Sparse(target, self.csr.indices, weight, *self.shape).part(weight != 0)

    def to_matrix(self) -> csr_array:
        return self.csr

    def to_dense(self) -> Floats:
        return self.csr.toarray()


def has_equal(values: Integers) -> bool:
    """Whether any value occurs twice; quick where they ascend."""
    if (values[1:] > values[:-1]).all():
        return False
    ascending = np.sort(values)
    return bool((ascending[1:] == ascending[:-1]).any())


def from_matrix(matrix: Matrix) -> FloatDense | FloatSparse:
    """The weight of a matrix `(target units, source units)`, sparse if it is."""
    return FloatDense(matrix) if isinstance(matrix, np.ndarray) else FloatSparse.of(scipy.sparse.csr_array(matrix))


def block_diagonal(blocks: Floats) -> FloatDense | FloatSparse:
    """Matrices `(…, targets, sources)`, each from its own part of the sources to its own part of the targets."""
    if blocks.ndim == 2:
        return FloatDense(blocks)
    return FloatSparse.of(
        scipy.sparse.csr_array(scipy.sparse.block_diag([*blocks.reshape(-1, *blocks.shape[-2:])], format="csr"))
    )
