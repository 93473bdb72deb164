"""Dense: every unit of the source reaches every unit of the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuro.arithmetic import Integers
from neuro.kinds.kind import Interval


@njit("void(int32[::1], int64, int16[::1], int32[::1], int32[::1])", cache=True, nogil=True, error_model="numpy")
def _kernel(message, exponent, values, index, a):
    targets = index[0]
    active = np.empty(message.size + 3, np.int64)
    count = 0
    for source in range(message.size):
        active[count] = source
        count += message[source] != 0
    # Four sources at a time: each pass over `a` costs as much as reading one row of weights.
    for first in range(0, count - 3, 4):
        s0, s1, s2, s3 = active[first], active[first + 1], active[first + 2], active[first + 3]
        m0, m1 = message[s0] << exponent, message[s1] << exponent
        m2, m3 = message[s2] << exponent, message[s3] << exponent
        w0, w1 = values[s0 * targets : (s0 + 1) * targets], values[s1 * targets : (s1 + 1) * targets]
        w2, w3 = values[s2 * targets : (s2 + 1) * targets], values[s3 * targets : (s3 + 1) * targets]
        for target in range(targets):
            a[target] += np.int32(m0 * w0[target] + m1 * w1[target] + m2 * w2[target] + m3 * w3[target])
    for place in range(count - count % 4, count):
        source = active[place]
        m = message[source] << exponent
        row = values[source * targets : (source + 1) * targets]
        for target in range(targets):
            a[target] += np.int32(m * row[target])


@dataclass(frozen=True, eq=False)
class Dense:
    """`a = W m` with `matrix` W, `(target units, source units)`."""

    matrix: Integers

    kernel: ClassVar = staticmethod(_kernel)

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

    def packed(self) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
        return self.matrix.T.astype(np.int16).ravel(), np.array(self.shape, np.int32)
