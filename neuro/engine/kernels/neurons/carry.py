"""`Carry` as compiled code."""

from __future__ import annotations

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.kernels.kernel import integrates
from quantal.neuro.engine.kernels.neurons.unit_numbers import saturate_units, unit_range
from quantal.neuro.neurons.carry import Carry


def numbers(kind: Carry) -> Integers:
    """What the kernel reads: fractional bits, range, biases, ranges of single units."""
    return np.concatenate([[kind.bits, kind.lowest, kind.highest], kind.bias, *unit_range(kind)])


@integrates(Carry, numbers)
def integrate(state, a, parameters):
    bits, lowest, highest, rest, v = parameters[0], parameters[1], parameters[2], state[0], state[1]
    bias, ends = parameters[3 : 3 + v.size], parameters[3 + v.size :]
    for unit in range(v.size):
        waiting = rest[unit] + a[unit] + bias[unit]
        v[unit] = min(max(v[unit] + (waiting >> bits), lowest), highest)
        rest[unit] = waiting & ((1 << bits) - 1)
    saturate_units(v, ends)
