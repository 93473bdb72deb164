"""`Rectified` as compiled code."""

from __future__ import annotations

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.kernels.kernel import emits
from quantal.neuro.neurons.rectified import Rectified


def numbers(kind: Rectified) -> Integers:
    """What the kernel reads: threshold and shift."""
    return np.array([kind.threshold, kind.shift])


@emits(Rectified, numbers)
def emit(state, uniform, parameters, message):
    threshold, shift = parameters[0], parameters[1]
    v = state[-1]
    for unit in range(v.size):
        message[unit] = max(v[unit] - threshold, 0) >> shift
