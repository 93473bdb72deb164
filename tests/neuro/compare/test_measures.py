"""R², share of zeros and distance, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantal.neuro.compare.measures import Quality, mean_quality, quality_by_step, r2
from quantal.neuro.network.count_network import Readout

SAMPLES = np.array([[1.0, 2.0, 6.0], [-1.0, 0.0, 4.0]])


def test_r2_of_a_perfect_estimate_is_1():
    assert r2(SAMPLES, SAMPLES).tolist() == [1, 1]


def test_r2_of_the_mean_is_0():
    assert r2(SAMPLES, np.repeat(SAMPLES.mean(axis=1, keepdims=True), 3, axis=1)).tolist() == [0, 0]


def test_r2_by_hand():
    assert r2(SAMPLES, SAMPLES + np.array([1.0, 0.0, -2.0])).tolist() == [1 - 5 / 14, 1 - 5 / 14]


@given(st.floats(0.01, 5), st.floats(-5, 5), st.integers(0, 99))
def test_r2_does_not_depend_on_scale_and_offset(scale: float, offset: float, seed: int):
    estimate = np.random.default_rng(seed).normal(size=SAMPLES.shape)
    transformed = r2(scale * SAMPLES + offset, scale * estimate + offset)
    np.testing.assert_allclose(transformed, r2(SAMPLES, estimate), rtol=1e-6)


def test_r2_of_a_flat_sample_is_1_where_exact_and_else_0():
    flat = np.full((2, 3), 4.0)
    assert r2(flat, flat + np.array([[0.0], [1.0]])).tolist() == [1, 0]


@pytest.mark.parametrize(("r2_value", "zeros", "distance"), [(1, 1, 0), (0, 1, 1), (1, 0, 1), (0.7, 0.6, 0.5)])
def test_distance(r2_value: float, zeros: float, distance: float):
    assert Quality(r2_value, zeros).distance == pytest.approx(distance)


def test_quality_at_each_step():
    """Two units that stand for the features; the second step explains all, the first nothing."""
    samples = np.array([[2.0, -2.0], [4.0, -4.0]])
    readout = Readout("y", "p", np.array([[1.0, 0.0], [0.0, -1.0]]))
    first, second = quality_by_step(readout, samples, np.array([[[0, 0], [0, 0]], [[2, 2], [4, 4]]]))
    assert (first.r2, first.zeros) == (0, 1)
    assert (second.r2, second.zeros) == (1, 0)


def test_mean_quality():
    assert mean_quality([Quality(1.0, 0.5), Quality(0.5, 0.0)]) == Quality(0.75, 0.25)
