"""Hypothesis strategies for all legal integers of a network."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from quantal.neuro.arithmetic import DECAY_UNITY, OVERFLOW, STATE_MAX, Integers

sizes = st.integers(1, 4)
ends = st.one_of(st.just(STATE_MAX), st.integers(0, 9), st.integers(0, STATE_MAX))
states = st.one_of(st.integers(-9, 9), st.integers(-STATE_MAX, STATE_MAX), st.sampled_from([-STATE_MAX, STATE_MAX]))
decays = st.one_of(st.sampled_from([0, 1, DECAY_UNITY - 1, DECAY_UNITY]), st.integers(0, DECAY_UNITY))
overflows = st.sampled_from([*OVERFLOW])


def vectors(size: int, lowest: int = -STATE_MAX, highest: int = STATE_MAX) -> st.SearchStrategy[Integers]:
    """One integer per unit, near zero, at a bound, or anywhere, or a single number that all units share."""
    near = st.integers(max(lowest, -9), min(highest, 9))
    unit = st.one_of(near, st.integers(lowest, highest), st.sampled_from([lowest, highest]))
    shared = unit.map(lambda number: np.full(size, number))
    return st.one_of(shared, st.lists(unit, min_size=size, max_size=size).map(np.array))
