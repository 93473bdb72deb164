"""Table and TableDraw: rows, ranges, and how well their rows stand for a function or a distribution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from quantal.neuro.arithmetic import STATE_MAX, Integers
from quantal.neuro.draws import DRAW_RANGE, uniform_draws
from quantal.neuro.neurons import Accumulator, FloatTable, FloatTableDraw, Table, TableDraw, gaussian_noise
from quantal.neuro.neurons.table_rows import ROWS_MAX, continuous_bernoulli, draw_thresholds, langevin

NODES, WEIGHTS = np.polynomial.legendre.leggauss(150)
"""Enough for `exp(bx)` on −1 … 1 with `|b|` up to 200."""
WIDE = Accumulator(np.zeros(1, np.int64))


def messages(emission: Table | TableDraw, state: Integers, uniform: Integers | int = 0) -> Integers:
    return emission.step({}, state, np.broadcast_to(uniform, state.shape))[0]


def test_a_table_sends_the_value_of_its_row():
    state = np.array([-STATE_MAX, -3, -2, -1, 0, 1, 2, STATE_MAX])
    assert messages(Table(np.array([5, -7]), shift=1, first_row=-1), state).tolist() == [5, 5, 5, 5, -7, -7, -7, -7]


def test_a_draw_starts_at_its_lowest_level():
    emission = TableDraw(np.array([[10, 20], [30, 40]]), shift=1, first_row=-1, lowest=-1)
    assert messages(emission, np.array([-1, -1, -1, 0, 0]), np.array([9, 10, 20, 29, 65535])).tolist() == [
        -1, 0, 1, -1, 1
    ]  # fmt: skip


def test_the_range_is_that_of_the_rows_that_are_reached():
    values = Table(np.array([50, -3, 4, 90]), shift=0, first_row=-2)
    assert values.message_range(-1, 0) == (-3, 4)
    assert values.message_range(-9, 0) == (-3, 50)
    draws = TableDraw(np.array([[0, 0, 9], [9, DRAW_RANGE - 1, DRAW_RANGE], [9, 9, 9]]), 0, -1, lowest=-2)
    assert draws.message_range(-5, -1) == (0, 1)
    assert draws.message_range(0, 0) == (-2, 0)
    assert draws.message_range(0, 9) == (-2, 1)


@pytest.mark.parametrize(
    ("emission", "problem"),
    [
        (Table(np.zeros(0, np.int64), 0, 0), "values is int64 (0,), expected int64 (rows,)"),
        (Table(np.array([0, -(2**23)]), 0, 0), "values[1] is -8388608, expected 24 bits"),
        (Table(np.array([1]), 24, 0), "shift is 24, expected a whole number from 0 to 23"),
        (TableDraw(np.array([1, 2]), 0, 0), "thresholds is int64 (2,), expected int64 (rows, columns)"),
        (TableDraw(np.array([[1, 2], [2, 1]]), 0, 0), "thresholds descend in row 1"),
        (TableDraw(np.array([[1, 2], [2, 65537]]), 0, 0), "thresholds leave 0 to 65536 in row 1"),
        (
            TableDraw(np.array([[1, 2]]), 0, 0, 2**23 - 2),
            "lowest is 8388606, expected a whole number from -8388607 to 8388605",
        ),
        (FloatTable("sine", 0, 1), "function is 'sine', expected one of langevin, exp, log, tanh, rectified"),
        (FloatTable("log", 0, 1), "log of the range[0] is -inf, expected a finite number"),
        (FloatTable("tanh", 1, 1), "lowest is 1, expected less than highest, 1"),
        (
            FloatTableDraw("binomial", 7, 0, 1),
            "distribution is 'binomial', expected one of continuous_bernoulli, gaussian",
        ),
        (FloatTableDraw("gaussian", 0, 0, 1), "levels is 0, expected a whole number from 1 to 32767"),
    ],
)
def test_problems_are_named(emission: Table, problem: str):
    assert emission.problems(1) == [problem]


@given(st.floats(-200, 200))
def test_langevin_is_the_mean_of_its_density(b: float):
    density = np.exp(b * NODES - abs(b)) * WEIGHTS
    assert langevin(np.array([b]))[0] == pytest.approx(density @ NODES / density.sum(), abs=1e-10)


@given(st.floats(-200, 200), st.floats(-1, 1))
def test_continuous_bernoulli_integrates_its_density(b: float, x: float):
    width = (x + 1) / 2
    below = width * WEIGHTS @ np.exp(b * ((NODES + 1) * width - 1) - abs(b))
    total = WEIGHTS @ np.exp(b * NODES - abs(b))
    assert continuous_bernoulli(np.array([x]), np.array([b]))[0] == pytest.approx(below / total, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.floats(-100, 100), st.sampled_from([1, 3, 7, 127]))
def test_the_mean_of_a_drawn_level_is_that_of_the_distribution(b: float, levels: int):
    row = draw_thresholds("continuous_bernoulli", np.array([b]), levels)[0]
    drawn = np.searchsorted(row, np.arange(DRAW_RANGE), side="right") - levels
    assert drawn.mean() / levels == pytest.approx(langevin(np.array([b]))[0], abs=1 / DRAW_RANGE)


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(
        [
            ("langevin", -20, 20, 1 / 3),
            ("tanh", -3, 3, 1),
            ("exp", -4, 2, np.e**2),
            ("log", 0.5, 9, 2),
            ("rectified", -1, 2, 1),
        ]
    ),
    st.floats(1e-6, 1e-3),
    st.integers(4, 16),
)
def test_a_quantised_table_errs_by_half_a_row_and_half_a_message(
    function: tuple[str, float, float, float], state_scale: float, message_bits: int
):
    name, lowest, highest, steepest = function
    kind = FloatTable(name, lowest, highest)
    bound = kind.message_bound(-99, 99)
    message_scale = kind.message_scale(state_scale, bound, message_bits)
    table = kind.quantise(state_scale, message_scale, WIDE)
    state = np.rint(np.linspace(lowest, highest, 999) / state_scale).astype(np.int64).clip(-STATE_MAX, STATE_MAX)
    exact, _, _ = kind.step({}, state * state_scale, np.random.default_rng(0))
    error = np.abs(messages(table, state) * message_scale - exact).max()
    assert table.problems(1) == []
    assert len(table.values) <= ROWS_MAX
    assert np.abs(table.values).max() < 2**message_bits
    assert error <= 2**table.shift * state_scale / 2 * steepest + message_scale / 2 + 1e-9


def test_rows_cover_the_states_that_are_reached_and_no_more():
    narrow = Accumulator(np.zeros(1, np.int64), lowest=-10, highest=100)
    table = FloatTable("tanh", -0.05, 8.0).quantise(0.01, 2**-7, narrow)
    assert (table.shift, table.first_row, len(table.values)) == (0, -5, 106)


def test_rows_are_as_narrow_as_their_number_allows():
    for highest, shift, rows in ((1023, 0, 1024), (1024, 1, 513)):
        states = Accumulator(np.zeros(1, np.int64), lowest=0, highest=highest)
        table = FloatTable("tanh", 0.0, 9999.0).quantise(1.0, 2**-7, states)
        assert (table.shift, len(table.values)) == (shift, rows)


def test_a_row_stands_for_no_potential_outside_the_range():
    """The middle of the first row is 0, where the logarithm has no value."""
    table = FloatTable("log", 0.005, 1.0).quantise(0.01, 2**-7, WIDE)
    assert (table.first_row, int(table.values[0])) == (0, round(np.log(0.005) * 2**7))


def test_the_bound_is_that_of_the_range():
    assert FloatTable("langevin", -1.0, 2.0).message_bound(-9.0, 0.5) == langevin(np.array([1.0]))[0]
    assert FloatTable("exp", -1.0, 2.0).message_bound(-9.0, 9.0) == np.exp(2.0)


def test_a_quantised_draw_has_the_mean_of_the_float_one():
    kind = FloatTableDraw("continuous_bernoulli", 7, -8.0, 8.0)
    assert kind.message_scale(1.0, kind.message_bound(-8.0, 8.0), 10) == 1 / 7
    counted = kind.quantise(2**-12, 1 / 7, WIDE)
    v = np.array([-6.0, -1.0, 0.0, 0.3, 5.0])
    state, draws = (np.rint(v * 2**12).astype(np.int64))[:, np.newaxis], np.arange(DRAW_RANGE)[np.newaxis]
    mean = messages(counted, np.broadcast_to(state, (5, DRAW_RANGE)), draws).mean(axis=1) / 7
    width = 2**counted.shift * 2**-12
    assert np.abs(mean - langevin(v)).max() <= width / 2 / 3 + 1 / DRAW_RANGE
    drawn, _, _ = kind.step({}, np.tile(v, (20_000, 1)), np.random.default_rng(0))
    # Five standard errors of a variable with a standard deviation of at most 1 / √3.
    assert np.abs(drawn.mean(axis=0) - langevin(v)).max() < 5 / np.sqrt(3 * 20_000)


def test_a_distribution_without_a_parameter_takes_one_row():
    counted = FloatTableDraw("gaussian", 8, -1.0, 1.0).quantise(1e-3, 0.5, WIDE)
    assert counted.thresholds.shape == (1, 16)


def test_gaussian_noise_has_the_stated_distribution():
    """A χ² test of 100 000 draws at the 0.1 % level, after all 65536 draws have been counted exactly."""
    emission = gaussian_noise(3.0, 12)
    assert emission.problems(1) == []
    assert emission.message_range(-5, 5) == (-12, 12)
    every = messages(emission, np.zeros(DRAW_RANGE, np.int64), np.arange(DRAW_RANGE))
    levels = np.arange(-12, 13)
    exact = np.diff(norm.cdf(np.concatenate([[-np.inf], levels[:-1] + 0.5, [np.inf]]) / 3))
    shares = (every[:, np.newaxis] == levels).mean(axis=0)
    assert np.abs(shares - exact).max() <= 1 / DRAW_RANGE
    uniform = uniform_draws(1, "noise", 0, range(100), 1000)
    counts = (messages(emission, np.zeros_like(uniform), uniform)[..., np.newaxis] == levels).sum(axis=(0, 1))
    assert (((counts - 1e5 * exact) ** 2) / (1e5 * exact)).sum() < 51.2  # χ² of 24 degrees of freedom
