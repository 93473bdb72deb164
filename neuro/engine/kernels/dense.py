"""`Dense` as compiled code: add the rows of weights of all units that sent something."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.kernels.kernel import connects
from quantal.neuro.engine.simd import (
    bit_count,
    first_bit,
    load,
    load_inside,
    splat,
    store,
    to_int16,
    to_int32,
    where_unequal,
)
from quantal.neuro.synapses.dense import Dense

SUM_MAX = 32767
UNITS = 64
LANES, FEW_LANES = 256, 64
"""Number of targets whose sums one pass over the active units keeps in registers: usually, and for few targets."""


def packed(weight: Dense) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
    """Rows by source, in bytes if all weights are small multiples of one power of two."""
    step = common_zeros(weight.matrix)
    rows = (weight.matrix >> step).T
    largest = int(np.abs(rows).max(initial=1))
    in_bytes = rows.min(initial=0) >= -128 and rows.max(initial=0) <= 127
    values = rows.astype(np.int8 if in_bytes else np.int16).tobytes()
    # The last rows are read past their end, in whole vectors.
    values += bytes(2 * LANES + -len(values) % 64)
    return np.frombuffer(bytearray(values), np.int16), np.array([SUM_MAX // largest, step, in_bytes], np.int32)


def common_zeros(weights: Integers) -> int:
    """Number of trailing zero bits that all weights share; 0 if all weights are 0."""
    used = int(np.bitwise_or.reduce(weights, axis=None))
    return (used & -used).bit_length() - 1 if used else 0


@njit(nogil=True)
def list_active(message, active):
    """Write the units that sent something to the front of `active`, and return their number; the rest is undefined."""
    count = 0
    for first in range(0, message.size, UNITS):
        senders = where_unequal(load(message, first, UNITS), splat(np.int32(0), UNITS))
        place, count = count, count + bit_count(senders)
        while place < count:
            for further in range(4):
                active[place + further] = first + first_bit(senders)
                senders &= senders - np.uint64(1)
            place += 4
    return count


def _adding(lanes: int) -> Any:
    """The loop that adds rows of weights, in this number of lanes."""

    @njit(nogil=True)
    def add(a, first, value):
        store(a, first, load(a, first, lanes) + value)

    @njit(nogil=True)
    def add_rows(message, room, values, exponent, a):
        """Sum in 16 bits, which take half the room of 32, and add to `a` before a sum can overflow."""
        active = np.empty(message.size + 4, np.int32)
        count = list_active(message, active)
        for target in range(0, a.size, lanes):
            total, left = splat(np.int16(0), lanes), room
            for place in range(count):
                source = active[place]
                row = load_inside(values, source * a.size + target, lanes)
                size = abs(np.int64(message[source]))
                if size > room:
                    add(a, target, splat(np.int32(message[source] << exponent), lanes) * to_int32(row))
                    continue
                if size > left:
                    add(a, target, to_int32(total) << splat(exponent, lanes))
                    total, left = splat(np.int16(0), lanes), room
                left -= size
                total = total + splat(np.int16(message[source]), lanes) * to_int16(row)
            add(a, target, to_int32(total) << splat(exponent, lanes))

    return add_rows


_add_rows, _add_short_rows = _adding(LANES), _adding(FEW_LANES)


@connects(Dense, packed)
def connect(message, exponent, values, index, a):
    room, step, in_bytes = np.int64(index[0]), np.int32(exponent + index[1]), index[2]
    if not in_bytes:
        _add_rows(message, room, values, step, a)
    elif a.size <= FEW_LANES:
        _add_short_rows(message, room, values.view(np.int8), step, a)
    else:
        _add_rows(message, room, values.view(np.int8), step, a)
