"""The integer rules of the chip, against their definition in Python's unbounded integers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantal.neuro.arithmetic import DECAY_UNITY, STATE_MAX, leak, rank, saturate, shift_right, wrap

states = st.integers(-STATE_MAX, STATE_MAX)


@pytest.mark.parametrize(
    ("state", "decay", "left"), [(-1, 1, 0), (1, 1, 0), (-4097, 1, -4095), (7, 0, 7), (-7, 4096, 0)]
)
def test_leak_rounds_towards_zero(state: int, decay: int, left: int):
    assert leak(np.array([state]), decay) == [left]


@given(states, st.integers(0, DECAY_UNITY))
def test_leak_is_its_formula(state: int, decay: int):
    size = abs(state) * (DECAY_UNITY - decay) // DECAY_UNITY
    assert leak(np.array([state]), decay) == [size if state >= 0 else -size]


@given(states, st.integers(1, DECAY_UNITY))
def test_leak_treats_both_signs_alike_and_never_grows(state: int, decay: int):
    left = leak(np.array([state, -state]), decay)
    assert left[0] == -left[1]
    assert abs(left[0]) < max(1, abs(state))


@given(st.integers(-(2**26), 2**26), st.integers(0, STATE_MAX), st.integers(0, STATE_MAX))
def test_saturate_holds_at_the_ends(value: int, down: int, highest: int):
    assert saturate(np.array([value]), -down, highest) == [min(max(value, -down), highest)]


@given(st.integers(-(2**26), 2**26), st.integers(0, STATE_MAX), st.integers(0, STATE_MAX))
def test_wrap_moves_by_whole_turns_into_the_range(value: int, down: int, highest: int):
    (wrapped,) = wrap(np.array([value]), -down, highest)
    assert -down <= wrapped <= highest
    assert (value - wrapped) % (highest + down + 1) == 0


@pytest.mark.parametrize(("value", "wrapped"), [(11, -5), (-6, 10), (10, 10), (-5, -5)])
def test_one_past_an_end_is_the_other_end(value: int, wrapped: int):
    assert wrap(np.array([value]), -5, 10) == [wrapped]


@pytest.mark.parametrize(("value", "bits", "shifted"), [(-1, 1, -1), (-1, 23, -1), (-8, 3, -1), (-9, 3, -2), (9, 3, 1)])
def test_shift_rounds_down_also_below_zero(value: int, bits: int, shifted: int):
    assert shift_right(np.array([value]), bits) == [shifted]


@given(st.lists(st.integers(0, 20), min_size=1, max_size=8).map(sorted), st.integers(0, 20))
def test_rank_counts_entries_up_to_the_value(row: list[int], value: int):
    table = np.array([[99] * len(row), row])
    assert rank(table, np.array([1]), np.array([value])) == [sum(entry <= value for entry in row)]


def test_rank_looks_up_each_unit_in_its_own_row():
    table = np.array([[1, 2], [5, 6]])
    ranks = rank(table, np.array([[0, 1], [1, 0]]), np.array([[2, 5], [4, 0]]))
    assert ranks.tolist() == [[2, 1], [0, 0]]
