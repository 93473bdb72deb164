"""The attractor network that learns: its scales, and the same first steps as in floating point."""

from __future__ import annotations

import numpy as np

from quantal.bench.experiments.attractor_digits import (
    Scales,
    attractor_network,
    drive_of,
    equal_backends,
    integer_retrieval,
)
from quantal.bench.experiments.attractor_float import Protocol, digits, evidence, r2, retrieval_gain
from quantal.hardware.backends import BACKENDS
from quantal.neuro import engine
from quantal.neuro.network.trace import Recording
from quantal.neuro.network.verify import verify
from quantal.neuro.neurons.table_rows import langevin

PROTOCOL, SCALES = Protocol(presentations=100, trials=10), Scales()


def test_the_weights_follow_the_float_rule():
    """Given the states and the predictions of the integer network, its tags are those of the rule in floating point."""
    given = evidence(PROTOCOL, digits(), np.random.default_rng(0))
    network = attractor_network(PROTOCOL, SCALES)
    verify(network)
    trace = engine.run(network, drive_of(PROTOCOL, SCALES, given), len(given), Recording(weights_every=len(given)))
    state, prediction = (trace.messages[name][:, 0] * SCALES.message for name in ("state", "prediction"))
    weights = PROTOCOL.alpha * (state - prediction).T @ state
    expected = weights[~np.eye(64, dtype=bool)]
    got = trace.weights["recurrence"][0, 0] * 2 * SCALES.weight(PROTOCOL) / 2**SCALES.shift
    assert np.abs(got - expected).max() < 1e-9  # the rounding of sums of 1000 floats
    h = trace.states["prediction"]["v"][:, 0].astype(float) * SCALES.potential(PROTOCOL)
    row = SCALES.potential(PROTOCOL) * 2**SCALES.prediction_shift
    assert np.abs(prediction - langevin(h)).max() <= (row / 3 + SCALES.message) / 2 + 1e-9


def test_frozen_weights_retrieve():
    """After a fiftieth of the learning, the gain is above zero already."""
    given = evidence(PROTOCOL, digits(), np.random.default_rng(0))
    network = attractor_network(PROTOCOL, SCALES)
    end = engine.run(network, drive_of(PROTOCOL, SCALES, given), len(given), Recording((), ())).end
    assert end is not None
    assert retrieval_gain(PROTOCOL, digits(), integer_retrieval(PROTOCOL, SCALES, network, end), 0) > 0.05


def test_r2_is_the_squared_correlation():
    one, other = np.random.default_rng(0).normal(size=(2, 1, 9))
    assert np.isclose(r2(one, other)[0], np.corrcoef(one[0], other[0])[0, 1] ** 2)


def test_every_backend_is_compared(monkeypatch):
    fast = {name: BACKENDS[name] for name in ("reference", "engine")}
    monkeypatch.setattr("quantal.bench.experiments.attractor_digits.BACKENDS", fast)
    assert equal_backends(PROTOCOL, SCALES, 100) == {"engine": True}
