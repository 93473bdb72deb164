"""`Silent` as compiled code."""

from __future__ import annotations

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.kernels.kernel import emits
from quantal.neuro.neurons.silent import Silent


def numbers(kind: Silent) -> Integers:
    """What the kernel reads: nothing."""
    return np.zeros(0, np.int64)


@emits(Silent, numbers)
def emit(state, uniform, parameters, message):
    message[:] = 0
