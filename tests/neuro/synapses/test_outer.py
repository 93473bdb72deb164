"""The rule of `Outer` against its formula in Python's own integers, and its parameters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantal.neuro.arithmetic import STATE_MAX
from quantal.neuro.synapses.plasticity import Outer, Term

RULE = Outer((Term("p", "q"), Term("r", "q", 2, 3, -1)), shift=5, limit=100, decay=7)
tags = st.integers(-STATE_MAX, STATE_MAX)
messages = st.integers(-2000, 2000)


@given(tags, st.lists(messages, min_size=4, max_size=4), st.integers(0, 4096))
def test_a_step_follows_the_formula(tag: int, factors: list[int], decay: int):
    rule = replace(RULE, decay=decay)
    kept = (abs(tag) * (4096 - decay) // 4096) * (1 if tag > 0 else -1)
    changed = kept + factors[0] * factors[1] - factors[2] * factors[3]
    got = rule.step(np.array([[tag]]), [np.array([[factor]]) for factor in factors])
    assert got == max(-STATE_MAX, min(STATE_MAX, changed))


@given(tags, st.integers(0, 16), st.integers(1, 127))
def test_a_weight_is_twice_the_nearest_multiple(tag: int, shift: int, limit: int):
    rule = replace(RULE, shift=shift, limit=limit)
    nearest = int(np.floor(tag / 2**shift + 0.5))
    assert rule.weights(np.array(tag)) == 2 * max(-limit, min(limit, nearest))


@given(st.integers(0, 16), st.integers(1, 127))
def test_the_first_tags_give_the_first_weights(shift: int, limit: int):
    rule = replace(RULE, shift=shift, limit=limit)
    assert rule.problems() == []
    assert np.array_equal(rule.weights(rule.first_tags(rule.levels)), rule.levels)
    assert (rule.levels.min(), rule.levels.max()) == (-2 * limit, 2 * limit)


def test_factors_are_those_of_the_terms():
    read = [(factor.population, factor.end, factor.delay) for factor in RULE.factors]
    assert read == [("p", "post", 1), ("q", "pre", 1), ("r", "post", 2), ("q", "pre", 3)]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"shift": 23}, "shift is 23, expected a whole number from 0 to 22"),
        ({"limit": 0}, "limit is 0, expected a whole number from 1 to 127"),
        ({"limit": 128}, "limit is 128, expected a whole number from 1 to 127"),
        ({"decay": 4097}, "decay is 4097, expected a whole number from 0 to 4096"),
        ({"terms": ()}, "terms is a tuple, expected a tuple of at least one Term"),
        ({"terms": [Term("p", "q")]}, "terms is a list, expected a tuple of at least one Term"),
        ({"terms": ("p",)}, "terms[0] is a str, expected a Term"),
        ({"terms": (Term("p", "q", 0),)}, "terms[0].post_delay is 0, expected a whole number from 1 to 62"),
        ({"terms": (Term("p", "q", 1, 63),)}, "terms[0].pre_delay is 63, expected a whole number from 1 to 62"),
        ({"terms": (Term("p", "q", sign=2),)}, "terms[0].sign is 2, expected 1 or -1"),
        (
            {"shift": 17, "limit": 127},
            "a weight of 254 needs a tag of 16646144, expected at most 8388607, 24 bits; lower the limit or the shift",
        ),
    ],
)
def test_illegal_parameters(changes: dict[str, object], problem: str):
    assert replace(RULE, **changes).problems() == [problem]
