"""`TableDraw` as compiled code."""

from __future__ import annotations

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.kernels.kernel import emits
from quantal.neuro.engine.kernels.neurons.poisson_count import padded_rows, rank
from quantal.neuro.neurons.table_draw import TableDraw


def numbers(kind: TableDraw) -> Integers:
    """What the kernel reads: shift, first row, lowest message, size of the table; the table."""
    table = padded_rows(kind.thresholds)
    return np.concatenate([[kind.shift, kind.first_row, kind.lowest, *table.shape], table.ravel()])


@emits(TableDraw, numbers)
def emit(state, uniform, parameters, message):
    shift, first_row, lowest, rows, columns = parameters[0], parameters[1], parameters[2], parameters[3], parameters[4]
    table, v = parameters[5:], state[-1]
    for unit in range(v.size):
        start = min(max((v[unit] >> shift) - first_row, 0), rows - 1) * columns
        message[unit] = lowest + rank(table, start, columns, uniform[unit])
