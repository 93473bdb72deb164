"""Graphs with every kind of message compile, and the integers do what the graph does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quantal.neuro import engine
from quantal.neuro.compile import compile_graph
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import Input
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.network.graph_files import load_graph, save_graph
from quantal.neuro.neurons import (
    FloatAccumulator,
    FloatCarry,
    FloatCategorical,
    FloatMemoryless,
    FloatRectified,
    FloatSigmaDelta,
    FloatSilent,
    FloatTable,
    FloatTableDraw,
)
from quantal.neuro.neurons.table_rows import langevin
from quantal.neuro.nir import from_graph
from quantal.neuro.protocols import FloatEmission, FloatIntegration, Floats
from quantal.neuro.simulate.drive import encode
from quantal.neuro.simulate.floats import simulate_states

ZERO = np.zeros(3)
SAMPLE = np.array([[-1.5, 0.25, 2.0]])


def sender(emission: FloatEmission, integration: FloatIntegration | None = None) -> Graph:
    """Three units that receive a sample and send to three that add up what they hear, with a leak."""
    populations = (
        FloatPopulation("sender", 3, integration or FloatMemoryless(ZERO, -4.0, 4.0), emission),
        FloatPopulation("sum", 3, FloatAccumulator(ZERO, -64.0, 64.0, decay=0.25), FloatSilent()),
    )
    projection = FloatProjection("p", "sender", "sum", np.diag([1.0, 0.5, -1.0]))
    return Graph("sender", populations, (projection,), (Input("x", "sender", np.ones(3)),))


def both_sums(graph: Graph, samples: Floats, steps: int) -> tuple[Floats, Floats]:
    """The sum in floats and in integers, `(steps, batch, 3)`, on the same scale."""
    network, _ = compile_graph(graph)
    trace = engine.run(network, encode(network, samples), steps)
    exact = simulate_states(graph, samples, steps, ["sum"]).states["sum"]["v"]
    return exact, trace.states["sum"]["v"] * network.population("sum").state_scale


@pytest.mark.parametrize(
    "emission",
    [
        FloatTable("langevin", -4.0, 4.0),
        FloatTable("exp", -2.0, 2.0),
        FloatRectified(0.125),
        FloatSigmaDelta(0.0),
    ],
    ids=lambda emission: type(emission).__name__,
)
def test_the_integers_follow_the_floats(emission: FloatEmission):
    exact, got = both_sums(sender(emission), SAMPLE, 20)
    # Messages of 10 bits: a sum of four messages is off by less than 4 of the largest of about 1000.
    assert np.abs(exact).max() > 1
    assert np.abs(got - exact).max() < 0.01 * np.abs(exact).max()


def test_a_change_is_sent_once():
    graph = sender(FloatSigmaDelta(0.1), FloatAccumulator(ZERO, -4.0, 4.0, decay=0.5))
    network, _ = compile_graph(graph)
    messages = engine.run(network, encode(network, SAMPLE), 30).messages["sender"]
    assert (messages[:4] != 0).any()
    assert not messages[10:].any()
    assert np.abs(messages.sum(axis=0) * network.population("sender").message_scale - 2 * SAMPLE).max() < 0.11


def test_small_increments_are_carried():
    """A thousandth of a step of the potential, a thousand times."""
    graph = sender(FloatRectified(), FloatCarry(ZERO, -4.0, 4.0, bits=10))
    network, _ = compile_graph(graph)
    population = network.population("sender")
    increments = np.full((1, 3), population.state_scale / 2**10)
    trace = engine.run(network, encode(network, increments), 3000)
    assert trace.states["sender"]["v"][-1].tolist() == [[2, 2, 2]]


def test_a_draw_has_the_mean_of_the_float_one():
    network, _ = compile_graph(sender(FloatTableDraw("continuous_bernoulli", 7, -4.0, 4.0)))
    assert network.population("sender").message_scale == 1 / 7
    messages = engine.run(network, encode(network, np.repeat(SAMPLE, 100, axis=0)), 100).messages["sender"]
    # Four standard errors of 10 000 draws, of which each has a deviation of at most 0.6.
    assert np.abs(messages.mean(axis=(0, 1)) / 7 - langevin(SAMPLE[0])).max() < 4 * 0.6 / 100


def test_packets_fall_by_softmax():
    network, _ = compile_graph(sender(FloatCategorical(10, "exp", -4.0, 4.0)))
    messages = engine.run(network, encode(network, np.repeat(SAMPLE, 100, axis=0)), 100).messages["sender"]
    assert (messages.sum(axis=-1) == 10).all()
    expected = np.exp(SAMPLE[0]) / np.exp(SAMPLE[0]).sum()
    # Four standard errors of 100 000 packets.
    assert np.abs(messages.mean(axis=(0, 1)) / 10 - expected).max() < 4 * 0.5 / np.sqrt(1e5)


def test_graph_files_keep_them(tmp_path: Path):
    graph = sender(FloatTableDraw("gaussian", 7, -1.0, 1.0), FloatCarry(ZERO, -4.0, 4.0, bits=3))
    save_graph(graph, tmp_path / "graph.safetensors")
    loaded = load_graph(tmp_path / "graph.safetensors").population("sender")
    assert loaded.emission == graph.population("sender").emission
    assert loaded.integration.bits == 3  # pyright: ignore[reportAttributeAccessIssue]


def test_nir_has_no_such_neuron():
    with pytest.raises(QuantalError) as caught:
        from_graph(sender(FloatRectified(0.5)), dt_s=1e-3)
    text = str(caught.value)
    assert text.startswith("population sender: NIR has no such neuron\n  expected FloatCuba + FloatSpike,")
    assert text.endswith("got FloatMemoryless + FloatRectified")
