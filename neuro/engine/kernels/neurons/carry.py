"""`Carry` as compiled code."""

from __future__ import annotations

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.kernels.kernel import integrates
from quantal.neuro.neurons.carry import Carry


def numbers(kind: Carry) -> Integers:
    """What the kernel reads: fractional bits, range, biases."""
    return np.concatenate([[kind.bits, kind.lowest, kind.highest], kind.bias])


@integrates(Carry, numbers)
def integrate(state, a, parameters):
    bits, lowest, highest, bias = parameters[0], parameters[1], parameters[2], parameters[3:]
    rest, v = state[0], state[1]
    for unit in range(v.size):
        waiting = rest[unit] + a[unit] + bias[unit]
        v[unit] = min(max(v[unit] + (waiting >> bits), lowest), highest)
        rest[unit] = waiting & ((1 << bits) - 1)
