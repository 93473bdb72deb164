"""Calibrated ranges: narrower than the proven ones, wide enough to change nothing, and finer as integers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quantal.neuro.compile import Options, compile_graph
from quantal.neuro.compile.calibrate import calibrated
from quantal.neuro.network.count_network import Input
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.neurons import FloatAccumulator, FloatCuba, FloatSilent, FloatSpike
from quantal.neuro.nir import read_nir, to_graph
from quantal.neuro.simulate.floats import simulate

from support import nir_graphs


def recorded() -> tuple[Graph, np.ndarray]:
    """A convolutional network without leak, and the input that sinabs ran it on."""
    spikes = np.load(nir_graphs.FILES / "sinabs_iaf.npz")["input"].astype(np.float64)
    return to_graph(read_nir(nir_graphs.FILES / "sinabs_iaf.nir"), 1.0), spikes[:, None]


def test_ranges_shrink_and_nothing_else_changes():
    graph, samples = recorded()
    made = calibrated(graph, samples, len(samples))
    for before, after in zip(graph.populations, made.populations, strict=True):
        assert after.integration.highest < before.integration.highest / 10
        assert after.integration.lowest == max(before.integration.lowest, -after.integration.highest)
        np.testing.assert_array_equal(after.integration.bias, before.integration.bias)
    for name, messages in simulate(graph, samples, len(samples)).items():
        np.testing.assert_array_equal(simulate(made, samples, len(samples))[name], messages)


def test_integers_are_finer():
    graph, samples = recorded()
    networks = [compile_graph(net, Options(input="host"))[0] for net in (graph, calibrated(graph, samples, 60))]
    before, after = ([p.state_scale for p in network.populations] for network in networks)
    assert all(fine < coarse / 4 for fine, coarse in zip(after, before, strict=True))


def cells(decay_u: float, initial: float = 0.0) -> Graph:
    """A unit with one input, and a second unit that the first projects to."""
    cuba = FloatCuba(np.zeros(1), np.full(1, decay_u), np.full(1, 0.5), -1e6, 1e6)
    first = FloatPopulation("first", 1, cuba, FloatSpike(np.full(1, 5.0)), {"u": np.full(1, initial)})
    second = replace(first, name="second", emission=FloatSilent(), initial={})
    return Graph(
        "cells",
        (first, second),
        (FloatProjection("p", "first", "second", np.full((1, 1), -7.0)),),
        (Input("x", "first", np.ones((1, 1))),),
    )


def ends_of(graph: Graph, name: str) -> float:
    return graph.population(name).integration.highest


def test_the_range_holds_every_possible_current():
    made = calibrated(cells(0.1), np.full((1, 1), 0.2), 1)
    assert ends_of(made, "first") == 2 * 0.2 / 0.1 + 5
    assert ends_of(made, "second") == 7 / 0.1
    assert ends_of(calibrated(cells(0.1, initial=-3.0), np.full((1, 1), 0.2), 1), "first") == 2 * 0.2 / 0.1 + 3 + 5


def test_the_range_holds_twice_the_largest_v():
    graph = cells(1.0)
    first = replace(graph.populations[0], integration=replace(graph.populations[0].integration, decay_v=np.zeros(1)))
    made = calibrated(replace(graph, populations=(first, graph.populations[1])), np.full((1, 1), -3.0), 10)
    assert ends_of(made, "first") == 2 * 30
    assert ends_of(calibrated(graph, np.full((1, 1), -3.0), 10, margin=1.0), "first") == 3 + 5


def test_a_current_without_leak_keeps_its_range():
    assert ends_of(calibrated(cells(0.0), np.full((1, 1), 0.2), 1), "first") == 1e6


def test_other_integrations_keep_their_range():
    plain = FloatPopulation("plain", 1, FloatAccumulator(np.zeros(1), -9.0, 9.0), FloatSilent())
    graph = Graph("one", (plain,), (), (Input("x", "plain", np.ones((1, 1))),))
    assert calibrated(graph, np.ones((1, 1)), 3).populations == (plain,)
