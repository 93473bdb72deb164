"""`Cuba` as compiled code."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantal.neuro.arithmetic import DECAY_UNITY, STATE_MAX, Integers
from quantal.neuro.engine.kernels.kernel import integrates
from quantal.neuro.engine.kernels.neurons.unit_numbers import LANES, load_numbers, numbers_of, packed_numbers
from quantal.neuro.engine.simd import load, maximum, minimum, splat, store
from quantal.neuro.neurons.cuba import INPUT_SHIFT, U_MAX, Cuba


def numbers(kind: Cuba) -> Integers:
    """What the kernel reads: whether every u decays completely in one step; decays and biases by unit."""
    decay_u = kind.decay_u + kind.decay_offset
    numbers = packed_numbers(decay_u, kind.decay_v, kind.bias)
    return np.concatenate([[(decay_u == DECAY_UNITY).all()], numbers])


@njit(nogil=True)
def _leaked(state, decay):
    """`state · (4096 − decay) / 4096`, rounded towards 0; the product of 24 and 13 bits is taken in two parts of 25."""
    remaining = splat(np.int32(DECAY_UNITY), LANES) - decay
    twelve, low = splat(np.int32(12), LANES), splat(np.int32(DECAY_UNITY - 1), LANES)
    upwards = (state >> splat(np.int32(31), LANES)) & low
    return (state >> twelve) * remaining + (((state & low) * remaining + upwards) >> twelve)


@integrates(Cuba, numbers)
def integrate(state, a, parameters):
    u, v = state[0], state[1]
    decays_at_once, packed = parameters[0], parameters[1:]
    decay_u, decay_v, bias = numbers_of(packed, 0), numbers_of(packed, 1), numbers_of(packed, 2)
    end, round_trip = splat(np.int32(U_MAX), LANES), splat(np.int32(2 * U_MAX - 1), LANES)
    shift, largest = splat(np.int32(INPUT_SHIFT), LANES), splat(np.int32(STATE_MAX), LANES)
    smallest = splat(np.int32(-STATE_MAX), LANES)
    for first in range(0, u.size, LANES):
        current = load(a, first, LANES) << shift
        if not decays_at_once:
            current = _leaked(load(u, first, LANES), load_numbers(decay_u, first, u.size)) + current
        # A sum beyond 32 bits does no harm, because only the lowest 24 bits count.
        current = end - ((end - current) & round_trip)
        potential = _leaked(load(v, first, LANES), load_numbers(decay_v, first, u.size))
        potential = potential + current + load_numbers(bias, first, u.size)
        store(u, first, current)
        store(v, first, maximum(minimum(potential, largest), smallest))
