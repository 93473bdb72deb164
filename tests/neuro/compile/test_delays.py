"""A delay for each connection: the input is the sum over all connections, on every backend."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.sparse import csr_array

from quantal.neuro import engine
from quantal.neuro.brian import exact as brian
from quantal.neuro.compile import compile_graph
from quantal.neuro.compile.delays import by_delay
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import Input
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.neurons import FloatCuba, FloatSilent, FloatSpike
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.drive import encode
from quantal.neuro.simulate.floats import simulate_states
from quantal.neuro.synapses import FloatConvolution

from support.traces import assert_same

SOURCES, TARGETS, STEPS = 7, 4, 90


def layer(name: str, size: int, emission: FloatSpike | FloatSilent) -> FloatPopulation:
    ones = np.ones(size)
    return FloatPopulation(name, size, FloatCuba(0 * ones, ones, ones, -100.0, 100.0), emission)


def graph(projections: tuple[FloatProjection, ...]) -> Graph:
    """Units that spike as the sample says, and units whose v is the sum of their input."""
    populations = layer("in", SOURCES, FloatSpike(0.5 * np.ones(SOURCES))), layer("out", TARGETS, FloatSilent())
    return Graph("delays", populations, projections, (Input("sample", "in", np.eye(SOURCES)),))


def example() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, some of them 0; delays from 1 to 62; spikes."""
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(TARGETS, SOURCES)) * (rng.random((TARGETS, SOURCES)) < 0.7)
    delays = rng.choice([1, 2, 5, 30, 62], weight.shape)
    return weight, delays, (rng.random((STEPS, 3, SOURCES)) < 0.2).astype(float)


@pytest.mark.parametrize("form", [np.asarray, csr_array])
def test_each_connection_delivers_its_message_after_its_own_delay(form):
    weight, delays, spikes = example()
    parts = by_delay(FloatProjection("all", "in", "out", form(weight)), delays)
    assert [part.delay_steps for part in parts] == sorted({*delays[weight != 0]})
    assert parts[0].name == "all, delay 1"
    trace = simulate_states(graph(parts), spikes, STEPS, ["out"])
    expected = np.zeros((STEPS, 3, TARGETS))
    for i, j in np.argwhere(weight):
        expected[delays[i, j] :, :, i] += weight[i, j] * spikes[: STEPS - delays[i, j], :, j]
    # The same few doubles are summed in another order.
    np.testing.assert_allclose(trace.states["out"]["v"], expected, atol=1e-12)


def test_integers_are_the_same_everywhere():
    weight, delays, spikes = example()
    network, _ = compile_graph(graph(by_delay(FloatProjection("all", "in", "out", weight), delays)))
    drive = encode(network, spikes)
    expected = reference.run(network, drive, STEPS)
    assert expected.states["out"]["v"].any()
    assert_same(engine.run(network, drive, STEPS), expected)
    for name, value in brian.run(network, drive, STEPS).states["out"].items():
        assert np.array_equal(value, expected.states["out"][name])


def test_a_convolution_is_split_into_its_connections():
    conv = FloatConvolution(np.array([[[[1.0, 2.0]]]]), (1, 1, 3))
    near, far = by_delay(FloatProjection("conv", "in", "out", conv), np.array([[1, 4, 1], [1, 1, 4]]))
    assert near.weight.to_dense().tolist() == [[1, 0, 0], [0, 1, 0]]
    assert far.weight.to_dense().tolist() == [[0, 2, 0], [0, 0, 2]]


@pytest.mark.parametrize("delay", [0, 63])
def test_a_delay_out_of_range_names_the_connection(delay: int):
    weight, delays, _ = example()
    weight[2, 3], delays[2, 3] = 1.0, delay
    text = f"projection all: the delay from unit 3 to unit 2 is out of range\n  expected 1 to 62 steps, got {delay}"
    with pytest.raises(QuantalError, match=re.escape(text)):
        by_delay(FloatProjection("all", "in", "out", weight), delays)


def test_delays_of_connections_that_do_not_exist_do_not_matter():
    weight, delays, _ = example()
    delays[weight == 0] = 99
    assert by_delay(FloatProjection("all", "in", "out", weight), delays)


@pytest.mark.parametrize("delays", [np.ones((SOURCES, TARGETS), int), np.ones((TARGETS, SOURCES))])
def test_delays_of_the_wrong_shape_or_type_are_refused(delays: np.ndarray):
    text = f"delays have the wrong shape or type\n  expected whole numbers ({TARGETS}, {SOURCES})"
    with pytest.raises(QuantalError, match=re.escape(text)):
        by_delay(FloatProjection("all", "in", "out", np.ones((TARGETS, SOURCES))), delays)
