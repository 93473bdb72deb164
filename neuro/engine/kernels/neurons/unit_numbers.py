"""Numbers of units as compiled kernels read them; a number that all units share takes hardly any cache."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.simd import load

LANES = 64


def unit_range(kind: Any) -> list[Integers]:
    """The lowest potential of each unit, then the highest; nothing if all units share their range."""
    return [] if kind.unit_range is None else [kind.unit_range.ravel()]


@njit(nogil=True)
def saturate_units(v, ends):
    """Hold the potential of each unit in its own range; `ends` is empty if all units share theirs."""
    if ends.size:
        for unit in range(v.size):
            v[unit] = min(max(v[unit], ends[unit]), ends[v.size + unit])


def packed_numbers(*vectors: Integers) -> Integers:
    """Start of each vector and end of the last one, then the vectors; a shared number is repeated for all lanes."""
    stored = [np.resize(vector, LANES) if (vector == vector[0]).all() else vector for vector in vectors]
    starts = len(vectors) + 1 + np.cumsum([0, *map(len, stored)])
    return np.concatenate([starts, *stored])


@njit(nogil=True)
def numbers_of(packed, which):
    """One of the packed vectors."""
    return packed[packed[which] : packed[which + 1]]


@njit(nogil=True)
def load_numbers(numbers, first, units):
    """The numbers of 64 units from the first."""
    return load(numbers, first if numbers.size == units else 0, LANES)
