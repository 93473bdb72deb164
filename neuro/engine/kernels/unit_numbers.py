"""Numbers of units as compiled kernels read them: those that all units share take no room in the cache."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.simd import load

LANES = 64


def packed_numbers(*vectors: Integers) -> Integers:
    """Where each vector begins and the last one ends, then the vectors; of shared numbers, a few copies."""
    kept = [np.resize(vector, LANES) if (vector == vector[0]).all() else vector for vector in vectors]
    begins = len(vectors) + 1 + np.cumsum([0, *map(len, kept)])
    return np.concatenate([begins, *kept])


@njit(nogil=True)
def numbers_of(packed, which):
    """One of the packed vectors."""
    return packed[packed[which] : packed[which + 1]]


@njit(nogil=True)
def load_numbers(numbers, first, units):
    """The numbers of 64 units from the first."""
    return load(numbers, first if numbers.size == units else 0, LANES)
