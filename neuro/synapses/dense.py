"""Dense: every unit of the source reaches every unit of the target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.protocols import Interval


@dataclass(frozen=True, eq=False)
class Dense:
    """`a = W m` with `matrix` W, `(target units, source units)`."""

    matrix: Integers

    @property
    def shape(self) -> tuple[int, int]:
        """`(target units, source units)`."""
        return self.matrix.shape[0], self.matrix.shape[-1]

    def problems(self) -> list[str]:
        if self.matrix.ndim == 2 and self.matrix.dtype == np.int64:
            return []
        return [f"matrix is {self.matrix.dtype} {self.matrix.shape}, expected int64 (target units, source units)"]

    def apply(self, message: Integers) -> Integers:
        return message @ self.matrix.T

    def values(self) -> Integers:
        return self.matrix.ravel()

    def entries(self) -> tuple[Integers, Integers, Integers]:
        target, source = np.nonzero(self.matrix)
        return target, source, self.matrix[target, source]

    def reach(self, lowest: int, highest: int) -> Interval:
        up, down = np.maximum(self.matrix, 0).sum(axis=1), np.minimum(self.matrix, 0).sum(axis=1)
        return up * lowest + down * highest, up * highest + down * lowest
