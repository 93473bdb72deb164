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


@njit("void(int16[::1], int16[::1], int64[::1], int32[::1])", cache=True, nogil=True)
def _add_small(partial, values, rows, m):
    n = partial.size
    m0, m1, m2, m3 = np.int16(m[0]), np.int16(m[1]), np.int16(m[2]), np.int16(m[3])
    m4, m5, m6, m7 = np.int16(m[4]), np.int16(m[5]), np.int16(m[6]), np.int16(m[7])
    w0, w1 = values[rows[0] : rows[0] + n], values[rows[1] : rows[1] + n]
    w2, w3 = values[rows[2] : rows[2] + n], values[rows[3] : rows[3] + n]
    w4, w5 = values[rows[4] : rows[4] + n], values[rows[5] : rows[5] + n]
    w6, w7 = values[rows[6] : rows[6] + n], values[rows[7] : rows[7] + n]
    for t in range(n):
        four_0 = np.int16(m0 * w0[t]) + np.int16(m1 * w1[t]) + np.int16(m2 * w2[t]) + np.int16(m3 * w3[t])
        four_1 = np.int16(m4 * w4[t]) + np.int16(m5 * w5[t]) + np.int16(m6 * w6[t]) + np.int16(m7 * w7[t])
        partial[t] = np.int16(partial[t] + four_0 + four_1)


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
    """Rows of units that sent something, eight at a time: one pass over `a` costs as much as reading a row.

    Small messages, the rule in a network of counts, are summed in 16 bits, twice as many targets at once.
    """
    targets = np.int64(index[0])
    active = np.empty(message.size + 8, np.int32)
    count = 0
    for source in range(message.size):
        active[count] = source
        count += message[source] != 0
    rows, sent = np.empty(8, np.int64), np.empty(8, np.int32)
    partial = np.zeros(targets, np.int16)
    room = ROOM
    for first in range(0, count, 8):
        size = np.int64(0)
        for place in range(8):
            # What fills up the last eight are messages of zero, along the first row.
            source = active[first + place] if first + place < count else 0
            rows[place] = source * targets
            sent[place] = message[source] if first + place < count else 0
            size += abs(sent[place])
        if size > ROOM:
            for four in (0, 4):
                m0, m1, m2, m3 = sent[four], sent[four + 1], sent[four + 2], sent[four + 3]
                _add_large(
                    a, values, rows[four : four + 4], m0 << exponent, m1 << exponent, m2 << exponent, m3 << exponent
                )
            continue
        if size > room:
            _flush(partial, exponent, a)
            room = ROOM
        _add_small(partial, values, rows, sent)
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
