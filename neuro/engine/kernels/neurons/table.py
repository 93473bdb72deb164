"""`Table` as compiled code."""

from __future__ import annotations

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.kernels.kernel import emits
from quantal.neuro.neurons.table import Table


def numbers(kind: Table) -> Integers:
    """What the kernel reads: shift, first row, values."""
    return np.concatenate([[kind.shift, kind.first_row], kind.values])


@emits(Table, numbers)
def emit(state, uniform, parameters, message):
    shift, first_row, values = parameters[0], parameters[1], parameters[2:]
    v, last_row = state[-1], values.size - 1
    for unit in range(v.size):
        message[unit] = values[min(max((v[unit] >> shift) - first_row, 0), last_row)]
