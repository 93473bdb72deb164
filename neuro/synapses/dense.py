"""Dense: every source unit projects to every target unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.protocols import Bound, Floats, FloatWeight, Interval
from quantal.neuro.synapses.reach import reach
from quantal.neuro.synapses.storage import WEIGHT_TYPE, Stored, are_whole, store


@dataclass(frozen=True, eq=False)
class Dense:
    """`a = W m` with `matrix` W, whole numbers `(target units, source units)`."""

    matrix: Stored

    def __post_init__(self) -> None:
        store(self, matrix=WEIGHT_TYPE)

    @property
    def shape(self) -> tuple[int, int]:
        """`(target units, source units)`."""
        return self.matrix.shape[0], self.matrix.shape[-1]

    def problems(self) -> list[str]:
        if are_whole(self.matrix) and self.matrix.ndim == 2:
            return []
        expected = "whole numbers (target units, source units)"
        return [f"matrix is {self.matrix.dtype} {self.matrix.shape}, expected {expected}"]

    def apply(self, message: Integers) -> Integers:
        return message @ self.matrix.T.astype(np.int64)

    def values(self) -> Stored:
        return self.matrix.ravel()

    def entries(self) -> tuple[Integers, Integers, Integers]:
        target, source = np.nonzero(self.matrix)
        return target, source, self.matrix[target, source].astype(np.int64)

    def connections(self) -> tuple[Integers, Integers]:
        targets, sources = self.shape
        return np.repeat(np.arange(targets), sources), np.tile(np.arange(sources), targets)

    def with_values(self, values: Integers) -> Dense:
        return Dense(values.reshape(self.shape))

    def reach(self, lowest: Bound, highest: Bound) -> Interval:
        def total(sign: np.ufunc, message: Bound) -> Integers:
            part = sign(self.matrix, 0)
            return part.sum(axis=1, dtype=np.int64) if np.ndim(message) == 0 else part.astype(np.int64) @ message

        return reach(total, lowest, highest)


@dataclass(frozen=True, eq=False)
class FloatDense:
    """`a = W m` in physical units, with `matrix` W, `(target units, source units)`."""

    matrix: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """`(target units, source units)`."""
        return self.matrix.shape[0], self.matrix.shape[-1]

    def problems(self) -> list[str]:
        if self.matrix.ndim == 2 and self.matrix.dtype == np.float64:
            return []
        return [f"matrix is {self.matrix.dtype} {self.matrix.shape}, expected float64 (target units, source units)"]

    def values(self) -> Floats:
        return self.matrix

    def mapped(self, function: Callable[[Floats], Floats]) -> FloatDense:
        return FloatDense(function(self.matrix))

    def scaled(self, factor: float) -> FloatDense:
        return FloatDense(self.matrix * factor)

    def minus(self, other: FloatWeight) -> FloatDense:
        return FloatDense(self.matrix - other.values())

    def plus(self, other: FloatWeight) -> FloatDense:
        return FloatDense(np.asarray(self.matrix + other.to_matrix()))

    def after(self, before: FloatWeight) -> FloatDense:
        return FloatDense(np.asarray(self.matrix @ before.to_matrix()))

    def by_row(self, operation: np.ufunc, numbers: Floats) -> FloatDense:
        return FloatDense(operation(self.matrix, numbers[:, np.newaxis]))

    def row_sizes(self) -> Floats:
        return np.abs(self.matrix).sum(axis=1)

    def apply(self, message: Floats) -> Floats:
        return message @ self.matrix.T

    def quantise(self) -> Dense:
        return Dense(np.rint(self.matrix).astype(WEIGHT_TYPE))

    def to_matrix(self) -> Floats:
        return self.matrix

    def to_dense(self) -> Floats:
        return self.matrix
