"""Dense: every unit of the source reaches every unit of the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuro.arithmetic import Integers
from neuro.kinds.kind import Interval

ROOM = 127
"""Messages whose sizes add up to this can't carry a 16-bit sum of weights up to 256 past its end."""


@njit("void(int16[::1], int16[::1], int64[::1], int16, int16, int16, int16)", cache=True, nogil=True)
def _add_small(partial, values, rows, m0, m1, m2, m3):
    targets = partial.size
    w0, w1 = values[rows[0] : rows[0] + targets], values[rows[1] : rows[1] + targets]
    w2, w3 = values[rows[2] : rows[2] + targets], values[rows[3] : rows[3] + targets]
    for t in range(targets):
        pair_0 = np.int16(m0 * w0[t]) + np.int16(m1 * w1[t])
        pair_1 = np.int16(m2 * w2[t]) + np.int16(m3 * w3[t])
        partial[t] = np.int16(partial[t] + pair_0 + pair_1)


@njit("void(int32[::1], int16[::1], int64[::1], int32, int32, int32, int32)", cache=True, nogil=True)
def _add_large(a, values, rows, m0, m1, m2, m3):
    targets = a.size
    w0, w1 = values[rows[0] : rows[0] + targets], values[rows[1] : rows[1] + targets]
    w2, w3 = values[rows[2] : rows[2] + targets], values[rows[3] : rows[3] + targets]
    for t in range(targets):
        pair_0 = np.int32(m0 * np.int32(w0[t])) + np.int32(m1 * np.int32(w1[t]))
        pair_1 = np.int32(m2 * np.int32(w2[t])) + np.int32(m3 * np.int32(w3[t]))
        a[t] = np.int32(a[t] + pair_0 + pair_1)


@njit("void(int16[::1], int64, int32[::1])", cache=True, nogil=True)
def _flush(partial, exponent, a):
    for t in range(a.size):
        a[t] += np.int32(np.int32(partial[t]) << exponent)
        partial[t] = 0


@njit("void(int32[::1], int64, int16[::1], int32[::1], int32[::1])", cache=True, nogil=True)
def _kernel(message, exponent, values, index, a):
    """Rows of units that sent something, four at a time: one pass over `a` costs as much as reading a row.

    Small messages, the rule in a network of counts, are summed in 16 bits, twice as many targets at once.
    """
    targets = index[0]
    # What fills up the last four are messages of zero, along whatever row.
    rows = np.zeros(message.size + 4, np.int64)
    sent = np.zeros(message.size + 4, np.int32)
    count = 0
    for source in range(message.size):
        rows[count], sent[count] = source * targets, message[source]
        count += message[source] != 0
    partial = np.zeros(targets, np.int16)
    room = ROOM
    for first in range(0, count, 4):
        m0, m1, m2, m3 = sent[first], sent[first + 1], sent[first + 2], sent[first + 3]
        size = abs(m0) + abs(m1) + abs(m2) + abs(m3)
        if size > ROOM:
            _add_large(
                a, values, rows[first : first + 4], m0 << exponent, m1 << exponent, m2 << exponent, m3 << exponent
            )
            continue
        if size > room:
            _flush(partial, exponent, a)
            room = ROOM
        _add_small(partial, values, rows[first : first + 4], m0, m1, m2, m3)
        room -= size
    _flush(partial, exponent, a)


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
