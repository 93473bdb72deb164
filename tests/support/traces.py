"""Assertions that two runs are the same."""

from __future__ import annotations

import numpy as np

from quantal.neuro.network.trace import Snapshot, Trace


def assert_same(got: Trace, expected: Trace) -> None:
    """Assert that every recorded state, message and weight is equal, and the end snapshot."""
    assert (got.network, got.first_step, got.first_sample) == (
        expected.network,
        expected.first_step,
        expected.first_sample,
    )
    assert_same_record(got, expected)
    assert_same_snapshot(got.end, expected.end)


def assert_same_record(got: Trace, expected: Trace) -> None:
    assert_same_arrays(got.messages, expected.messages)
    assert set(got.states) == set(expected.states)
    for name, states in expected.states.items():
        assert_same_arrays(got.states[name], states)
    assert_same_arrays(got.weights, expected.weights)
    np.testing.assert_array_equal(got.weight_steps, expected.weight_steps)


def assert_same_snapshot(got: Snapshot | None, expected: Snapshot | None) -> None:
    assert got is not None
    assert expected is not None
    assert got.step == expected.step
    assert_same_arrays(got.sent, expected.sent)
    assert_same_arrays(got.weights, expected.weights)
    for name, states in expected.states.items():
        assert_same_arrays(got.states[name], states)


def assert_same_arrays(got, expected) -> None:
    assert set(got) == set(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(got[name], value, strict=True)
