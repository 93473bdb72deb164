"""`Categorical` as compiled code."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantal.neuro.arithmetic import Integers
from quantal.neuro.draws import DRAW_BITS
from quantal.neuro.engine.kernels.kernel import emits
from quantal.neuro.neurons.categorical import Categorical


def numbers(kind: Categorical) -> Integers:
    """What the kernel reads: shift, first row, number of packets, weights."""
    return np.concatenate([[kind.shift, kind.first_row, kind.count], kind.weights])


@njit(nogil=True)
def _cumulative(v, shift, first_row, weights, ends):
    """Fill in the cumulative weight of each unit, and return the total; if it is 0, every unit weighs 1."""
    total, last_row = np.int64(0), weights.size - 1
    for unit in range(v.size):
        total += weights[min(max((v[unit] >> shift) - first_row, 0), last_row)]
        ends[unit] = total
    if total:
        return total
    for unit in range(v.size):
        ends[unit] = unit + 1
    return np.int64(v.size)


@njit(nogil=True)
def _unit_at(ends, position):
    """The first unit whose cumulative weight exceeds a position."""
    first, last = 0, ends.size - 1
    while first < last:
        middle = (first + last) // 2
        if ends[middle] > position:
            last = middle
        else:
            first = middle + 1
    return first


@emits(Categorical, numbers)
def emit(state, uniform, parameters, message):
    """The message holds the cumulative weights, and the first draws the units that they hit, until all are counted."""
    count, weights = parameters[2], parameters[3:]
    total = _cumulative(state[-1], parameters[0], parameters[1], weights, message)
    for packet in range(count):
        draw = (np.int64(uniform[packet]) << DRAW_BITS) + uniform[count + packet]
        uniform[packet] = _unit_at(message, (draw * total) >> (2 * DRAW_BITS))
    message[:] = 0
    for packet in range(count):
        message[uniform[packet]] += 1
