"""`Spike` as compiled code."""

from __future__ import annotations

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.kernels.kernel import emits
from quantal.neuro.engine.kernels.neurons.unit_numbers import LANES, load_numbers, numbers_of, packed_numbers
from quantal.neuro.engine.simd import is_greater, load, maximum, splat, store, where_unequal
from quantal.neuro.neurons.spike import RESETS, Spike


def numbers(kind: Spike) -> Integers:
    """What the kernel reads: refractory steps, reset, thresholds by unit."""
    return np.concatenate([[kind.refractory_steps, RESETS.index(kind.reset)], packed_numbers(kind.threshold)])


@emits(Spike, numbers)
def emit(state, uniform, parameters, message):
    refractory, v = state[0], state[-1]
    after_spike, subtract, threshold = (
        splat(parameters[0], LANES),
        splat(np.int32(-parameters[1]), LANES),
        numbers_of(parameters[2:], 0),
    )
    zero, one, every_bit = splat(np.int32(0), LANES), splat(np.int32(1), LANES), splat(np.int32(-1), LANES)
    for first in range(0, v.size, LANES):
        waiting, limit = load(refractory, first, LANES), load_numbers(threshold, first, v.size)
        value = load(v, first, LANES)
        waits = where_unequal(waiting, zero)
        if waits:
            value = value & (is_greater(waiting, zero) ^ every_bit)
        spikes = is_greater(value, limit)
        after = (value - limit) & subtract
        store(message, first, spikes & one)
        store(v, first, (after & spikes) | (value & (spikes ^ every_bit)))
        if waits or parameters[0]:
            waiting = maximum(waiting - one, zero)
            store(refractory, first, (after_spike & spikes) | (waiting & (spikes ^ every_bit)))
