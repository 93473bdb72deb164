"""The engine's compiled Philox gives the draws of `neuro.draws`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.neuro.draws import stream, uniform_draws
from quantal.neuro.engine.philox import fill

words = st.one_of(st.integers(0, 3), st.integers(0, 2**64 - 1), st.just(2**64 - 1))


def filled(seed: int, name: str, step: int, sample: int, units: int) -> list[int]:
    draws = np.full(units, -1, np.int32)
    fill(np.uint64(seed), np.uint64(stream(name)), np.uint64(step), np.uint64(sample), draws)
    return draws.tolist()


@pytest.mark.parametrize("units", range(1, 101))
def test_all_sizes(units: int):
    assert (
        filled(5, "latent", 17, 2**40, units)
        == uniform_draws(5, "latent", 17, range(2**40, 2**40 + 1), units)[0].tolist()
    )


@settings(max_examples=100, deadline=None)
@given(words, st.text(max_size=9), words, words, st.integers(0, 100))
def test_any_seed_population_step_and_sample(seed: int, name: str, step: int, sample: int, units: int):
    assert (
        filled(seed, name, step, sample, units)
        == uniform_draws(seed, name, step, range(sample, sample + 1), units)[0].tolist()
    )
