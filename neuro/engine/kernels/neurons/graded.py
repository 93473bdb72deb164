"""`Graded` as compiled code."""

from __future__ import annotations

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.kernels.kernel import emits
from quantal.neuro.neurons.graded import Graded


def numbers(kind: Graded) -> Integers:
    """What the kernel reads: shift, dead zone, and what is added before the shift."""
    return np.array([kind.shift, kind.dead_zone, kind.half])


@emits(Graded, numbers)
def emit(state, uniform, parameters, message):
    shift, dead_zone, half = parameters[0], parameters[1], parameters[2]
    v = state[-1]
    for unit in range(v.size):
        value = (v[unit] + half) >> shift
        message[unit] = value if abs(value) > dead_zone else 0
