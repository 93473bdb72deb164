"""`Memoryless` as compiled code."""

from __future__ import annotations

import numpy as np

from quantal.neuro.arithmetic import OVERFLOW, Integers
from quantal.neuro.engine.kernels.kernel import integrates
from quantal.neuro.engine.kernels.neurons.unit_numbers import saturate_units, unit_range
from quantal.neuro.neurons.memoryless import Memoryless

WRAPS = tuple(OVERFLOW).index("wrap")


def numbers(kind: Memoryless) -> Integers:
    """What the kernel reads: range, overflow, biases, ranges of single units."""
    head = [kind.lowest, kind.highest, tuple(OVERFLOW).index(kind.overflow)]
    return np.concatenate([np.array(head), kind.bias, *unit_range(kind)])


@integrates(Memoryless, numbers)
def integrate(state, a, parameters):
    lowest, highest, overflow = parameters[0], parameters[1], parameters[2]
    v = state[0]
    bias, ends = parameters[3 : 3 + v.size], parameters[3 + v.size :]
    for unit in range(v.size):
        value = a[unit] + bias[unit]
        if overflow == WRAPS:
            v[unit] = (value - lowest) % (highest - lowest + 1) + lowest
        else:
            v[unit] = min(max(value, lowest), highest)
    saturate_units(v, ends)
