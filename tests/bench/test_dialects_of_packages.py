"""Dialects, `Cuba` and `Spike` on the questions to each package, and the recorded answers of the packages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.bench.peers.expected import NEVER, dialect_traces, first_difference, kind_traces
from quantal.bench.peers.questions import lif_numbers, within_limits, without
from quantal.bench.record import read_record
from quantal.neuro.dialects import DIALECTS, Dialect, rounded_weights

RECORDED = read_record("dialects")["dialects"]
ODD_WEIGHTS = np.array([-7, -5, -3, -1, 1, 3, 5, 7])


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_within_all_limits_every_dialect_equals_cuba_and_spike(seed: int):
    numbers = within_limits(lif_numbers(np.random.default_rng(seed), 3, 6))
    for dialect in DIALECTS.values():
        lacking = ["bias_mant"] if not dialect.bias_max else []
        lacking += ["refractory_steps"] if not dialect.refractory_max else []
        own = without(numbers, *lacking)
        assert (first_difference(dialect_traces(dialect, own), kind_traces(own)) == NEVER).all()


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=[*DIALECTS])
def test_the_recorded_packages_agree_with_their_dialects(dialect: Dialect):
    found = RECORDED[dialect.name]
    assert dialect.package.replace(" ", "==") in {f"{name}=={number}" for name, number in found["versions"].items()}
    assert found["weights -7 -5 -3 -1 1 3 5 7"] == rounded_weights(dialect, ODD_WEIGHTS).tolist()
    assert found["sums"]["as the dialect says"] == found["sums"]["sums"] > 30000
    assert found["delays"]["as the dialect says"]
    for row in found["neurons"].values():
        assert all_equal(row)
    assert found["neurons"]["shared"]["as Cuba and Spike"] == found["neurons"]["shared"]["neurons"]


def all_equal(row: dict[str, Any]) -> bool:
    return row["as the dialect says"] == row["neurons"] >= 10000 and row["not explained"] == 0


def test_the_recorded_runtime_of_lava_agrees():
    runs = RECORDED["lava-0.10"]["runtime"]
    assert runs["equal"] == runs["runs"] >= 50
    assert all(RECORDED["lava-0.10"]["neurons"][group]["as Cuba and Spike"] >= 10000 for group in ("bias", "whole"))
