"""The campaign against the overflow proof draws every kind, and finds bounds that are too narrow."""

from __future__ import annotations

import pytest

from quantal.bench.experiments import proof
from quantal.bench.experiments.random_networks import MAKE_EMISSION, MAKE_INTEGRATION, MAKE_WEIGHT
from quantal.neuro.network.bounds import BOUND_MAX
from quantal.neuro.neurons import EMISSIONS, INTEGRATIONS, Spike
from quantal.neuro.synapses import WEIGHTS


def test_every_kind_is_drawn():
    assert {*MAKE_INTEGRATION} == {*INTEGRATIONS.values()}
    assert {*MAKE_EMISSION} == {*EMISSIONS.values()}
    assert {*MAKE_WEIGHT} == {*WEIGHTS.values()}


def test_no_network_leaves_its_bounds():
    result = proof.measure(40)
    assert result.holds
    assert result.accepted > 20
    assert result.refused > 5
    assert result.fullest > 0.99


def test_a_range_that_is_too_narrow_is_found(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Spike, "message_range", lambda self, lowest, highest: (0, 0))
    result = proof.measure(20)
    assert not result.holds
    assert result.left > 0
    assert "left: messages of" in result.first


def test_a_proof_that_accepts_everything_is_found(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("quantal.neuro.network.verify.largest_sum", lambda network: BOUND_MAX)
    result = proof.measure(20)
    assert result.misjudged > 0
