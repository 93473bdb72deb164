"""`PoissonCount` as compiled code."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantal.neuro.arithmetic import Integers
from quantal.neuro.draws import DRAW_RANGE
from quantal.neuro.engine.kernels.kernel import emits
from quantal.neuro.engine.simd import (
    bit_count,
    first_bit,
    gather,
    inside,
    load,
    load_inside,
    maximum,
    minimum,
    splat,
    store,
    where_at_most,
)
from quantal.neuro.neurons.poisson_count import PoissonCount

UNITS = 64
COLUMNS = 32
"""Rows are padded to a multiple of this, the number of thresholds compared at once; few counts need more than one."""


def numbers(kind: PoissonCount) -> Integers:
    """What the kernel reads: shift, first row and size of the table; its first column; the table."""
    padded = padded_rows(kind.thresholds)
    head = [kind.shift, kind.first_row, *padded.shape]
    return np.concatenate([np.array(head), padded[:, 0], padded.ravel()])


def padded_rows(thresholds: Integers) -> Integers:
    """Thresholds with rows padded to a multiple of `COLUMNS` by thresholds that no draw reaches."""
    rows, columns = thresholds.shape
    return np.concatenate([thresholds, np.full((rows, -columns % COLUMNS), DRAW_RANGE)], axis=1)


@njit(nogil=True)
def rank(table, start, columns, uniform):
    """Number of thresholds in an ascending row that are at most the draw."""
    drawn = splat(uniform, COLUMNS)
    rank = bit_count(where_at_most(load_inside(table, start, COLUMNS), drawn))
    counted = COLUMNS
    while rank == counted and counted < columns:
        rank += bit_count(where_at_most(load_inside(table, start + counted, COLUMNS), drawn))
        counted += COLUMNS
    return rank


@emits(PoissonCount, numbers)
def emit(state, uniform, parameters, message):
    """Most counts are 0, which the first column alone decides; the others need a search along their rows."""
    shift, first_row, rows, columns = parameters[0], parameters[1], parameters[2], parameters[3]
    first_column, table = parameters[4 : 4 + rows], parameters[4 + rows :]
    v, last_row = state[-1], np.int32(rows - 1)
    zero = splat(np.int32(0), UNITS)
    for first in range(0, v.size, UNITS):
        row = (load(v, first, UNITS) >> splat(shift, UNITS)) - splat(first_row, UNITS)
        row = minimum(maximum(row, zero), splat(last_row, UNITS))
        active = where_at_most(gather(first_column, row), load(uniform, first, UNITS)) & inside(v.size - first)
        store(message, first, zero)
        while active:
            unit = first + first_bit(active)
            active &= active - np.uint64(1)
            start = min(max((v[unit] >> shift) - first_row, 0), last_row) * columns
            message[unit] = rank(table, start, columns, uniform[unit])
