"""Every emission but Spike: the kernel is the step, and no message leaves its range."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from quantal.neuro.arithmetic import STATE_MAX, Integers
from quantal.neuro.draws import DRAW_RANGE
from quantal.neuro.engine.kernels import KERNELS
from quantal.neuro.neurons import (
    Accumulator,
    Categorical,
    FloatGraded,
    FloatPoissonCount,
    FloatRectified,
    FloatSigmaDelta,
    Graded,
    PoissonCount,
    Rectified,
    SigmaDelta,
    Silent,
    Table,
    TableDraw,
)
from quantal.neuro.neurons.graded import ROUNDINGS
from quantal.neuro.neurons.poisson_count import cumulative_table
from quantal.neuro.protocols import Emission, FloatEmission

from support.strategies import ends, sizes, vectors

Draw = st.DrawFn


@st.composite
def gradeds(draw: Draw) -> Graded:
    return Graded(draw(shifts), draw(ends), draw(st.sampled_from(ROUNDINGS)))


@st.composite
def rectifieds(draw: Draw) -> Rectified:
    return Rectified(draw(ends), draw(shifts))


@st.composite
def sigma_deltas(draw: Draw) -> SigmaDelta:
    return SigmaDelta(draw(shifts), draw(ends))


@st.composite
def categoricals(draw: Draw) -> Categorical:
    weights = vectors(draw(st.integers(1, 4)), 0, draw(st.sampled_from([0, 3, 2**24])))
    return Categorical(draw(weights), draw(shifts), draw(first_rows), draw(st.integers(1, 9)))


@st.composite
def poisson_counts(draw: Draw) -> PoissonCount:
    return PoissonCount(draw(thresholds()), draw(shifts), draw(first_rows))


@st.composite
def tables(draw: Draw) -> Table:
    return Table(draw(vectors(draw(st.integers(1, 5)))), draw(shifts), draw(first_rows))


@st.composite
def table_draws(draw: Draw) -> TableDraw:
    return TableDraw(draw(thresholds()), draw(shifts), draw(first_rows), draw(st.integers(-STATE_MAX, STATE_MAX - 6)))


@st.composite
def thresholds(draw: Draw) -> Integers:
    """Any ascending rows, also flat ones."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    entries = st.lists(
        st.one_of(st.integers(0, DRAW_RANGE), st.sampled_from([0, DRAW_RANGE])), min_size=columns, max_size=columns
    )
    return np.array(draw(st.lists(entries.map(sorted), min_size=rows, max_size=rows)))


shifts, first_rows = st.integers(0, 23), st.integers(-STATE_MAX, STATE_MAX)
emissions = st.one_of(
    gradeds(),
    rectifieds(),
    sigma_deltas(),
    poisson_counts(),
    tables(),
    table_draws(),
    categoricals(),
    st.just(Silent()),
)


class Situation(NamedTuple):
    """An emission, its own state variables, a potential, and draws."""

    emission: Emission
    own: dict[str, Integers]
    v: Integers
    uniform: Integers


@st.composite
def situations(draw: Draw) -> Situation:
    """A potential of some range, near the table of the emission if it has one, and states that it can reach."""
    emission, size, lowest, highest = draw(emissions), draw(sizes), -draw(ends), draw(ends)
    v = draw(vectors(size, lowest, highest))
    if hasattr(emission, "first_row") and draw(st.booleans()):
        v = np.clip((emission.first_row << emission.shift) + v % (5 << emission.shift), lowest, highest)
    own = {name: draw(vectors(size, *limits)) for name, limits in emission.limits(lowest, highest).items()}
    uniform = draw(vectors(max(emission.draw_count(size), 1), 0, DRAW_RANGE - 1))
    return Situation(emission, own, v, uniform)


def plain_message(emission: Emission, v: Integers, uniform: Integers) -> list[int]:
    return emission.step({}, v[np.newaxis], uniform[np.newaxis])[0][0].tolist()


@settings(max_examples=100, deadline=None)
@given(situations())
def test_kernel_is_the_step(situation: Situation):
    emission, own, v, uniform = situation
    message = np.full(v.size, -77, np.int32)
    variables = np.stack([*own.values(), v]).astype(np.int32)
    kernel = KERNELS[type(emission)]
    kernel.compiled(variables, uniform.astype(np.int32), kernel.pack(emission).astype(np.int32), message)
    batched = {name: value[np.newaxis] for name, value in own.items()}
    expected, after, potential = emission.step(batched, v[np.newaxis], uniform[np.newaxis])
    assert message.tolist() == expected[0].tolist()
    assert variables.tolist() == [value[0].tolist() for value in (*after.values(), potential)]


@settings(max_examples=100, deadline=None)
@given(situations(), ends, ends)
def test_nothing_leaves_its_range(situation: Situation, down: int, highest: int):
    emission, own, v, uniform = situation
    limits, (low, high) = emission.limits(-down, highest), emission.message_range(-down, highest)
    own = {name: np.clip(value, *limits[name])[np.newaxis] for name, value in own.items()}
    message, after, _ = emission.step(own, np.clip(v, -down, highest)[np.newaxis], uniform[np.newaxis])
    assert ((low <= message) & (message <= high)).all()
    assert all(((limits[name][0] <= value) & (value <= limits[name][1])).all() for name, value in after.items())


@given(gradeds(), ends, ends)
def test_graded_reaches_both_ends_of_its_range(emission: Graded, down: int, highest: int):
    low, high = emission.message_range(-down, highest)
    reached = plain_message(emission, np.array([-down, highest]), np.zeros(2, np.int64))
    assert reached == [end if abs(end) > emission.dead_zone else 0 for end in (low, high)]


def test_poisson_count_reaches_both_ends_of_its_range():
    emission = PoissonCount(np.array([[100, 200, DRAW_RANGE - 1]]), shift=0, first_row=0)
    assert plain_message(emission, np.array([0, 0]), np.array([0, DRAW_RANGE - 1])) == [0, 3]
    assert emission.message_range(-1, 1) == (0, 3)


def test_graded_rounds_down_and_drops_the_dead_zone():
    state = np.array([-9, -8, -4, -1, 0, 7, 8, 12])
    assert plain_message(Graded(2, 1), state, state) == [-3, -2, 0, 0, 0, 0, 2, 3]


def test_graded_rounds_to_the_nearest_and_halves_up():
    state = np.array([-7, -6, -5, -2, -1, 1, 2, 5, 6])
    assert plain_message(Graded(2, 0, "nearest"), state, state) == [-2, -1, -1, 0, 0, 0, 1, 1, 2]
    assert plain_message(Graded(0, 0, "nearest"), state, state) == state.tolist()


def test_rectified_sends_what_passes_the_threshold():
    state = np.array([-STATE_MAX, 0, 10, 11, 13, 14, STATE_MAX])
    assert plain_message(Rectified(10, 2), state, state) == [0, 0, 0, 0, 0, 1, (STATE_MAX - 10) >> 2]
    assert Rectified(10, 2).message_range(-5, 21) == (0, 2)
    assert Rectified(10).message_range(-5, 9) == (0, 0)


def test_sigma_delta_follows_the_state_within_its_threshold():
    emission, own, sums = SigmaDelta(shift=1, threshold=2), {"sent_value": np.zeros((1, 1), np.int64)}, []
    for v in (3, 4, 6, 7, -1, 0, -7, 100):
        message, own, _ = emission.step(own, np.array([[v]]), np.zeros((1, 0), np.int64))
        sums.append((int(message[0, 0]), int(own["sent_value"][0, 0])))
    assert sums == [(0, 0), (0, 0), (3, 3), (0, 3), (-4, -1), (0, -1), (-3, -4), (54, 50)]


def test_sigma_delta_reaches_both_ends_of_its_range():
    emission = SigmaDelta(shift=2)
    low, high = emission.message_range(-9, 20)
    assert (low, high) == (-8, 8)
    v, sent_value = np.array([[-9, 20]]), np.array([[5, -3]])
    assert emission.limits(-9, 20) == {"sent_value": (-3, 5)}
    assert emission.step({"sent_value": sent_value}, v, v)[0].tolist() == [[low, high]]
    assert SigmaDelta(shift=2, threshold=8).message_range(-9, 20) == (0, 0)


def test_states_outside_the_table_use_its_first_or_last_row():
    emission = PoissonCount(np.array([[10, 20], [30, 40]]), shift=1, first_row=-1)
    state = np.array([-STATE_MAX, -3, -2, -1, 0, 1, 2, STATE_MAX])
    assert plain_message(emission, state, np.full(8, 25)) == [2, 2, 2, 2, 0, 0, 0, 0]


def test_a_single_row_applies_to_every_state():
    emission = PoissonCount(np.array([[10, 20]]), shift=23, first_row=0)
    assert plain_message(emission, np.array([-STATE_MAX, 0, STATE_MAX]), np.array([9, 10, 20])) == [0, 1, 2]


@pytest.mark.parametrize(
    ("emission", "problem"),
    [
        (Graded(24), "shift is 24, expected a whole number from 0 to 23"),
        (Graded(rounding="up"), "rounding is 'up', expected one of ['down', 'nearest']"),
        (Rectified(-1), "threshold is -1, expected a whole number from 0 to 8388607"),
        (SigmaDelta(0, 0.5), "threshold is 0.5, expected a whole number from 0 to 8388607"),
        (Categorical(np.array([1, -2]), 0, 0, 1), "weights[1] is -2, expected 0 or more"),
        (Categorical(np.array([1]), 0, 0, 0), "count is 0, expected a whole number from 1 to 65536"),
        (Categorical(np.array([[1]]), 0, 0, 1), "weights is int64 (1, 1), expected int64 (rows,)"),
        (
            Categorical(np.array([2**31]), 0, 0, 1),
            "the weights of 1 units can sum to 2147483648, expected at most 2147483647",
        ),
        (Graded(0, -1), "dead_zone is -1, expected a whole number from 0 to 8388607"),
        (PoissonCount(np.zeros((2, 3)), 0, 0), "thresholds is float64 (2, 3), expected int64 (rows, max_count)"),
        (
            PoissonCount(np.zeros((0, 3), np.int64), 0, 0),
            "thresholds is int64 (0, 3), expected int64 (rows, max_count)",
        ),
        (PoissonCount(np.array([[1, 2], [2, 1]]), 0, 0), "thresholds descend in row 1"),
        (PoissonCount(np.array([[1, 2], [2, 65537]]), 0, 0), "thresholds leave 0 to 65536 in row 1"),
        (PoissonCount(np.array([[1, 2]]), -1, 0), "shift is -1, expected a whole number from 0 to 23"),
        (
            PoissonCount(np.array([[1, 2]]), 0, 2**23),
            "first_row is 8388608, expected a whole number from -8388607 to 8388607",
        ),
    ],
)
def test_problems_are_named(emission: Emission, problem: str):
    assert emission.problems(1) == [problem]


@settings(max_examples=60, deadline=None)
@given(emissions)
def test_legal_numbers_have_no_problems(emission: Emission):
    assert emission.problems(1) == []


@given(st.floats(-30, 5), st.integers(1, 60))
def test_table_is_the_distribution_function_within_rounding(log_rate: float, max_count: int):
    table = cumulative_table(np.array([log_rate]), max_count)
    exact = poisson.cdf(np.arange(max_count), np.exp(log_rate))
    assert (np.abs(table[0] / DRAW_RANGE - exact) <= 0.5 / DRAW_RANGE + 1e-12).all()


@given(st.lists(st.floats(-20, 5), min_size=1, max_size=20).map(sorted), st.integers(1, 40))
def test_table_ascends_in_counts_and_descends_in_rates(log_rates: list[float], max_count: int):
    table = cumulative_table(np.array(log_rates), max_count)
    assert table.min() >= 0
    assert table.max() <= DRAW_RANGE
    assert (np.diff(table, axis=1) >= 0).all()
    assert (np.diff(table, axis=0) <= 0).all()


@given(st.floats(1e-9, 1.0), st.floats(0.01, 20), st.floats(0.01, 3))
def test_each_row_of_a_quantised_count_stands_for_the_mean_of_its_states(
    state_scale: float, down: float, highest: float
):
    state_scale = max(state_scale, max(down, highest) / STATE_MAX)
    states = Accumulator(np.zeros(1, np.int64), lowest=-round(down / state_scale), highest=round(highest / state_scale))
    emission = FloatPoissonCount(5).quantise(state_scale, 1.0, states)
    assert emission.problems(1) == []
    rows = emission.first_row + np.arange(len(emission.thresholds))
    means = [(range(row << emission.shift, (row + 1) << emission.shift)) for row in rows]
    middles = np.array([(span[0] + span[-1]) / 2 * state_scale for span in means])
    assert np.array_equal(emission.thresholds, cumulative_table(middles, 5))
    assert rows[0] == states.lowest >> emission.shift
    assert rows[-1] == states.highest >> emission.shift


@given(st.floats(1e-6, 1e6), st.floats(0, 1e6), st.integers(2, 16))
def test_scale_of_a_graded_message_is_the_finest_whose_bound_fits(state_scale: float, bound: float, message_bits: int):
    scale = FloatGraded().message_scale(state_scale, bound, message_bits)
    shift = round(float(np.log2(scale / state_scale)))
    largest = round(bound / state_scale)
    assert scale == state_scale * 2**shift
    assert largest >> shift < 2**message_bits
    assert shift == 0 or largest >> (shift - 1) >= 2**message_bits


def test_quantised_graded_counts_its_dead_zone_in_messages():
    assert FloatGraded(dead_zone=0.5).quantise(2**-10, 2**-4, Silent()) == Graded(shift=6, dead_zone=8)


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        (FloatGraded(rounding="up"), "rounding is 'up', expected one of ['down', 'nearest']"),
        (FloatRectified(-0.5), "threshold is -0.5, expected 0 or more"),
        (FloatRectified(np.inf), "threshold[0] is inf, expected a finite number"),
        (FloatSigmaDelta(np.nan), "threshold[0] is nan, expected a finite number"),
    ],
)
def test_problems_of_float_kinds_are_named(kind: FloatEmission, problem: str):
    assert kind.problems(1) == [problem]


def test_quantised_thresholds_are_in_the_unit_that_they_are_compared_with():
    """Of the potential for a rectified message, of the message for a change."""
    assert FloatRectified(0.5).quantise(2**-10, 2**-8, Silent()) == Rectified(threshold=512, shift=2)
    assert FloatRectified(0.5).finest_state_scale() == 0.5 / STATE_MAX
    assert FloatSigmaDelta(0.5).quantise(2**-10, 2**-8, Silent()) == SigmaDelta(shift=2, threshold=128)
    assert FloatGraded(0.5, "nearest").quantise(2**-10, 2**-8, Silent()) == Graded(2, 128, "nearest")


def test_bounds_of_float_messages():
    assert FloatRectified(0.5).message_bound(-3.0, 2.0) == 1.5
    assert FloatRectified(5.0).message_bound(-3.0, 2.0) == 0.0
    assert FloatSigmaDelta().message_bound(-3.0, 2.0) == 5.0
    assert FloatRectified().message_scale(1.0, 1000.0, 8) == FloatSigmaDelta().message_scale(1.0, 1000.0, 8) == 4.0


def test_float_changes_are_sent_past_their_threshold():
    kind, own = FloatSigmaDelta(0.5), {"sent_value": np.array([[0.0, 0.0, 1.0]])}
    message, own, _ = kind.step(own, np.array([[0.5, 0.75, -1.0]]), np.random.default_rng(0))
    assert message.tolist() == [[0.0, 0.75, -2.0]]
    assert own["sent_value"].tolist() == [[0.0, 0.75, -1.0]]


def test_float_rectified_sends_what_passes_its_threshold():
    message, _, _ = FloatRectified(0.5).step({}, np.array([[-9.0, 0.5, 0.75]]), np.random.default_rng(0))
    assert message.tolist() == [[0.0, 0.0, 0.25]]


def test_float_graded_sends_past_its_dead_zone():
    message, _, _ = FloatGraded(0.5).step({}, np.array([[-0.6, -0.5, 0.5, 0.6]]), np.random.default_rng(0))
    assert message.tolist() == [[-0.6, 0, 0, 0.6]]


def test_float_poisson_count_is_clipped_at_its_largest():
    message, _, _ = FloatPoissonCount(3).step({}, np.full((1, 50), 5.0), np.random.default_rng(0))
    assert set(message.ravel()) == {3.0}
