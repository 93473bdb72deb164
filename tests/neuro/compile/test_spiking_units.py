"""Compiled spiking layers: weights are six bits above the state, and biases and thresholds limit the scale too."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.neuro import engine
from quantal.neuro.compile import compile_graph
from quantal.neuro.network.count_network import Input
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.network.verify import verify
from quantal.neuro.neurons import Cuba, FloatCuba, FloatSilent, FloatSpike, Spike
from quantal.neuro.simulate.drive import encode
from quantal.neuro.simulate.floats import simulate


def layered(seed: int, bias: float = 0.0, threshold: float = 1.0, span: float = 20.0) -> Graph:
    """Input currents, two spiking layers and a leaky read-out."""
    rng = np.random.default_rng(seed)
    sizes = {"hidden": 12, "second": 9, "readout": 3}

    def cuba(size: int) -> FloatCuba:
        return FloatCuba(np.full(size, bias), np.full(size, 1.0), np.full(size, 0.125), -span, span)

    def population(name: str) -> FloatPopulation:
        emission = FloatSilent() if name == "readout" else FloatSpike(np.full(sizes[name], threshold))
        return FloatPopulation(name, sizes[name], cuba(sizes[name]), emission)

    return Graph(
        "layered",
        tuple(population(name) for name in sizes),
        (
            FloatProjection("first", "hidden", "second", rng.normal(0.1, 0.4, (9, 12))),
            FloatProjection("last", "second", "readout", rng.normal(0, 0.4, (3, 9))),
        ),
        (Input("image", "hidden", rng.normal(0.1, 0.3, (12, 4))),),
    )


def test_a_sum_of_one_stands_for_64_in_the_state():
    graph = layered(1)
    network, _ = compile_graph(graph)
    for projection, weight in zip(network.projections, graph.projections, strict=True):
        target = network.population(projection.target)
        grid = 64 * target.state_scale * 2.0 ** (projection.exponent + 1)
        stored = projection.weight.matrix * 2.0**projection.exponent * 64 * target.state_scale
        np.testing.assert_allclose(stored, weight.weight.to_dense(), rtol=0, atol=grid / 2 * (1 + 1e-9))


def test_thresholds_biases_and_decays_are_those_of_the_graph():
    network, _ = compile_graph(layered(1, bias=-0.3, threshold=0.75))
    hidden = network.population("hidden")
    assert isinstance(hidden.integration, Cuba)
    assert isinstance(hidden.emission, Spike)
    np.testing.assert_allclose(
        hidden.emission.threshold * hidden.state_scale, 0.75, rtol=0, atol=32 * hidden.state_scale
    )
    np.testing.assert_allclose(hidden.integration.bias * hidden.state_scale, -0.3, rtol=2**-12)
    assert (hidden.integration.decay_u.tolist(), hidden.integration.decay_v.tolist()) == ([4095] * 12, [512] * 12)


@pytest.mark.parametrize(("bias", "threshold", "span"), [(50.0, 1.0, 51.0), (0.0, 400.0, 1.0), (0.0, 1.0, 1e6)])
def test_numbers_that_need_a_coarse_scale_stay_legal(bias: float, threshold: float, span: float):
    network, _ = compile_graph(layered(2, bias, threshold, span))
    verify(network)
    hidden = network.population("hidden")
    np.testing.assert_allclose(hidden.integration.bias * hidden.state_scale, bias, rtol=2**-12)
    np.testing.assert_allclose(
        hidden.emission.threshold * hidden.state_scale, threshold, rtol=0, atol=64 * hidden.state_scale
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_eight_bits_preserve_the_rates(seed: int):
    """Rounding shifts single spikes; the sum over units, samples and steps stays within a tenth."""
    graph = layered(seed)
    network, _ = compile_graph(graph)
    samples = np.abs(np.random.default_rng(seed).normal(0, 1, (20, 4)))
    steps = 60
    got = engine.run(network, encode(network, samples), steps).messages
    expected = simulate(graph, samples, steps)
    for name in ("hidden", "second"):
        assert abs(got[name].sum() - expected[name].sum()) <= 0.1 * max(expected[name].sum(), 200)
