"""`SigmaDelta` as compiled code."""

from __future__ import annotations

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.kernels.kernel import emits
from quantal.neuro.neurons.sigma_delta import SigmaDelta


def numbers(kind: SigmaDelta) -> Integers:
    """What the kernel reads: shift and threshold."""
    return np.array([kind.shift, kind.threshold])


@emits(SigmaDelta, numbers)
def emit(state, uniform, parameters, message):
    shift, threshold = parameters[0], parameters[1]
    sent_value, v = state[0], state[-1]
    for unit in range(v.size):
        change = (v[unit] >> shift) - sent_value[unit]
        message[unit] = change if abs(change) > threshold else 0
        sent_value[unit] += message[unit]
