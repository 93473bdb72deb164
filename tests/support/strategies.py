"""Hypothesis strategies for all legal integers of a network."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from quantal.neuro.arithmetic import DECAY_UNITY, OVERFLOW, STATE_MAX, Integers

sizes = st.integers(1, 130)
"""Units of a population: kernels work on 64 at a time, and on the rest alone."""
ends = st.one_of(st.just(STATE_MAX), st.integers(0, 9), st.integers(0, STATE_MAX))
states = st.one_of(st.integers(-9, 9), st.integers(-STATE_MAX, STATE_MAX), st.sampled_from([-STATE_MAX, STATE_MAX]))
decays = st.one_of(st.sampled_from([0, 1, DECAY_UNITY - 1, DECAY_UNITY]), st.integers(0, DECAY_UNITY))
overflows = st.sampled_from([*OVERFLOW])


def vectors(size: int, lowest: int = -STATE_MAX, highest: int = STATE_MAX) -> st.SearchStrategy[Integers]:
    """One integer per unit, near zero, at a bound, or anywhere, or a single number that all units share.

    Hypothesis draws only a seed: drawing every number would take longer than all that is tested with them.
    """
    return st.integers(0, 2**32 - 1).map(lambda seed: numbers(np.random.default_rng(seed), size, lowest, highest))


def numbers(rng: np.random.Generator, size: int, lowest: int, highest: int) -> Integers:
    """What `vectors` draws, from a generator."""
    near = rng.integers(max(lowest, -9), min(highest, 9), size, endpoint=True)
    anywhere = rng.integers(lowest, highest, size, endpoint=True)
    unit = np.choose(rng.integers(0, 4, size), [near, anywhere, np.full(size, lowest), np.full(size, highest)])
    return unit if rng.integers(0, 2) else np.full(size, unit[0])
