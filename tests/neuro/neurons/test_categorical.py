"""Categorical: the sum of the counts never changes, and the shares are those of the weights."""

from __future__ import annotations

import numpy as np
import pytest

from quantal.neuro.arithmetic import Integers
from quantal.neuro.draws import uniform_draws
from quantal.neuro.neurons import Accumulator, Categorical, FloatCategorical

WIDE = Accumulator(np.zeros(1, np.int64))


def counts(emission: Categorical, v: Integers, uniform: Integers) -> Integers:
    return emission.step({}, v, uniform)[0]


def test_a_packet_goes_to_the_unit_that_holds_its_position():
    """Weights 1, 0, 2, 1: positions 0 | 1 2 | 3 of 4, at the first and the last draw of each."""
    emission = Categorical(np.array([0, 1, 2]), shift=0, first_row=0, count=1)
    quarter = 2**30
    draws = np.array([0, quarter - 1, quarter, 3 * quarter - 1, 3 * quarter, 2**32 - 1])
    v = np.tile([1, 0, 2, 1], (6, 1))
    hit = counts(emission, v, np.stack([draws >> 16, draws % 2**16], axis=1)).argmax(axis=1)
    assert hit.tolist() == [0, 0, 2, 2, 3, 3]


def test_a_draw_joins_two_of_16_bits_of_which_the_first_half_comes_first():
    emission = Categorical(np.array([1]), shift=0, first_row=0, count=2)
    high, low = [2**15 - 1, 2**15], [2**16 - 1, 0]
    assert counts(emission, np.zeros((1, 2), np.int64), np.array([[*high, *low]])).tolist() == [[1, 1]]


@pytest.mark.parametrize("weights", [[0, 0], [3, 1], [0, 2**31 // 40]])
def test_counts_sum_to_the_number_of_packets(weights: list[int]):
    emission = Categorical(np.array(weights), shift=3, first_row=0, count=13)
    assert emission.problems(40) == []
    v, uniform = np.random.default_rng(0).integers(-9, 17, (50, 40)), uniform_draws(0, "p", 0, range(50), 26)
    assert (counts(emission, v, uniform).sum(axis=1) == 13).all()


def test_shares_are_those_of_the_weights():
    """χ² of 3 degrees of freedom at the 0.1 % level, over 200 000 packets."""
    emission = Categorical(np.array([1, 2, 3, 4]), shift=0, first_row=0, count=200)
    v = np.tile([0, 1, 2, 3], (1000, 1))
    hits = counts(emission, v, uniform_draws(0, "p", 0, range(1000), 400)).sum(axis=0)
    expected = 200_000 * np.array([0.1, 0.2, 0.3, 0.4])
    assert ((hits - expected) ** 2 / expected).sum() < 16.3


def test_without_weights_every_unit_is_as_likely():
    emission = Categorical(np.array([0]), shift=0, first_row=0, count=100)
    v = np.zeros((1000, 4), np.int64)
    hits = counts(emission, v, uniform_draws(0, "p", 0, range(1000), 200)).sum(axis=0)
    assert ((hits - 25_000) ** 2 / 25_000).sum() < 16.3


def test_quantised_weights_are_a_softmax():
    kind = FloatCategorical(5, "exp", -6.0, 2.0)
    emission = kind.quantise(2**-10, 1.0, WIDE)
    assert emission.problems(65536) == []
    v = np.array([-6.0, -2.5, 0.0, 0.7, 2.0])
    weight = np.diff(emission.cumulative(np.rint(v * 2**10).astype(np.int64)[np.newaxis], v), prepend=0)[0]
    exact, width = np.exp(v) / np.exp(v).sum(), 2**emission.shift * 2**-10
    # Half a row in each exponent and half a unit of each weight.
    assert np.abs(weight / weight.sum() - exact).max() < width / 2 + 5 / 32767 / np.exp(v - 2).sum()


def test_rectified_weights_are_proportional_to_the_potential():
    emission = FloatCategorical(5, "rectified", -4.0, 4.0).quantise(2**-4, 1.0, WIDE)
    weight = np.diff(emission.cumulative(np.array([[-64, -1, 0, 16, 48]]), np.zeros(0)), prepend=0)[0]
    assert weight.tolist() == [0, 0, 0, round(32767 / 4), round(32767 * 3 / 4)]


def test_the_float_kind_sends_every_packet():
    v = np.array([[0.0, 50.0], [0.0, -9.0]])
    message, _, _ = FloatCategorical(9, "exp", -5, 5).step({}, v, np.random.default_rng(0))
    assert message.sum(axis=1).tolist() == [9, 9]


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        (FloatCategorical(1, "tanh", -1, 1), "tanh of the range goes down to -0.761594, expected 0 or more"),
        (FloatCategorical(0, "exp", -1, 1), "count is 0, expected a whole number from 1 to 65536"),
        (
            FloatCategorical(1, "softmax", -1, 1),
            "function is 'softmax', expected one of langevin, exp, log, tanh, rectified",
        ),
    ],
)
def test_problems_of_the_float_kind_are_named(kind: FloatCategorical, problem: str):
    assert kind.problems(3) == [problem]
