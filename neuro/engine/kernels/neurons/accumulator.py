"""`Accumulator` as compiled code."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantal.neuro.arithmetic import DECAY_UNITY, OVERFLOW, Integers
from quantal.neuro.engine.kernels.kernel import integrates
from quantal.neuro.engine.kernels.neurons.unit_numbers import saturate_units, unit_range
from quantal.neuro.neurons.accumulator import Accumulator

WRAPS = tuple(OVERFLOW).index("wrap")


def numbers(kind: Accumulator) -> Integers:
    """What the kernel reads: decay, range, overflow, biases, ranges of single units."""
    head = [kind.decay, kind.lowest, kind.highest, tuple(OVERFLOW).index(kind.overflow)]
    return np.concatenate([np.array(head), kind.bias, *unit_range(kind)])


@njit(nogil=True)
def _leak(v, decay):
    for unit in range(v.size):
        size = np.int32((np.int64(abs(v[unit])) * (DECAY_UNITY - decay)) >> 12)
        v[unit] = size if v[unit] >= 0 else -size


@integrates(Accumulator, numbers)
def integrate(state, a, parameters):
    decay, lowest, highest, overflow = parameters[0], parameters[1], parameters[2], parameters[3]
    v = state[0]
    bias, ends = parameters[4 : 4 + v.size], parameters[4 + v.size :]
    if decay:
        _leak(v, decay)
    if overflow == WRAPS:
        for unit in range(v.size):
            v[unit] = (v[unit] + a[unit] + bias[unit] - lowest) % (highest - lowest + 1) + lowest
    else:
        for unit in range(v.size):
            v[unit] = min(max(np.int32(v[unit] + a[unit] + bias[unit]), lowest), highest)
    saturate_units(v, ends)
