"""Arguments of the wrong type get an error that says what to do, and a number stands for a vector."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import quantal
from quantal.neuro.errors import QuantalError


def graph() -> quantal.Graph:
    population = quantal.FloatPopulation("p", 3, quantal.FloatAccumulator(0.5, -8.0, 8.0), quantal.FloatGraded())  # type: ignore
    return quantal.Graph("g", (population,), (), (quantal.Input("sample", "p", np.ones(3)),))


def network() -> quantal.CountNetwork:
    return quantal.compile_graph(graph())[0]


def test_a_number_stands_for_a_vector_in_float_kinds():
    assert graph().populations[0].integration.bias.tolist() == [0.5, 0.5, 0.5]


def test_a_number_stands_for_a_vector_in_integer_kinds():
    cuba = quantal.Cuba(bias_mant=7, bias_exp=0, decay_u=4095, decay_v=100)  # type: ignore
    population = quantal.Population("p", 4, cuba, quantal.Spike(threshold_mant=10), {"v": 3})  # type: ignore
    assert population.integration.bias_mant.tolist() == [7, 7, 7, 7]
    assert population.emission.threshold_mant.dtype == np.int64
    assert population.initial["v"].tolist() == [3, 3, 3, 3]
    trace = quantal.run(quantal.CountNetwork("n", (population,)), {"p": np.zeros((1, 4), np.int64)}, 2)
    assert trace.states["p"]["v"].shape == (2, 1, 4)


def test_a_fraction_is_no_integer():
    population = quantal.Population("p", 2, quantal.Accumulator(bias=0.5), quantal.Silent())  # type: ignore
    with pytest.raises(QuantalError, match=r"population p: bias is 0.5, expected int64 \(2,\)"):
        quantal.verify(quantal.CountNetwork("n", (population,)))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: quantal.run(graph(), {}, 1), "a CountNetwork, got a Graph\n  compile it first"),  # type: ignore
        (lambda: quantal.infer(graph(), np.ones((1, 3)), 1), "a CountNetwork, got a Graph"),  # type: ignore
        (lambda: quantal.encode(graph(), np.ones((1, 3))), "a CountNetwork, got a Graph"),  # type: ignore
        (lambda: quantal.save_network(graph(), "n"), "a CountNetwork, got a Graph"),  # type: ignore
        (lambda: quantal.run((network(), None), {}, 1), "a CountNetwork, got a tuple\n  compile_graph returns"),  # type: ignore
        (lambda: quantal.run("net.safetensors", {}, 1), "a CountNetwork, got a str\n  read the file first"),  # type: ignore
        (lambda: quantal.compile_graph(network()), "a Graph, got a CountNetwork\n  it is compiled already"),  # type: ignore
        (lambda: quantal.simulate(network(), np.ones((1, 3)), 1), "a Graph, got a CountNetwork"),  # type: ignore
        (lambda: quantal.encode(network(), torch.ones(1, 3)), "a Tensor\n  pass samples.detach"),  # type: ignore
        (lambda: quantal.infer(network(), torch.ones(1, 3), 1), "a Tensor\n  pass samples.detach"),  # type: ignore
        (lambda: quantal.encode(network(), [[1.0, 2.0, 3.0]]), "a list\n  pass numpy.array"),  # type: ignore
        (lambda: quantal.simulate(graph(), torch.ones(1, 3), 1), "a Tensor\n  pass samples.detach"),  # type: ignore
        (lambda: quantal.run(network(), {"p": torch.ones(1, 3)}, 1), "drive of p: not an array"),  # type: ignore
        (
            lambda: quantal.run(network(), {"q": np.ones((1, 3), np.int64)}, 1),
            "no such population\n  expected one of p, got q",
        ),
        (lambda: graph().population("q"), "graph g: no such population\n  expected one of p, got q"),
        (lambda: quantal.Graph("g", (), sample_shape=16.0), "sample_shape is 16.0, expected a tuple of whole numbers"),  # type: ignore
        (lambda: quantal.Graph("g", (), sample_shape=(4, -1)), "sample_shape is"),
    ],
)
def test_each_mistake_has_its_error(call: Any, expected: str):
    with pytest.raises(QuantalError) as caught:
        call()
    assert expected in caught.value.text()


def test_reprs_fit_a_screen():
    large = quantal.compile_graph(graph())[0]
    trace = quantal.run(large, {"p": np.zeros((2, 3), np.int64)}, 5)
    assert repr(large) == "CountNetwork('g', populations p 3; 0 projections, dialect lava-0.10)"
    assert repr(graph()) == "Graph('g', populations p 3; 0 projections)"
    assert repr(large.populations[0]) == "Population('p', 3 units, Accumulator, Graded)"
    assert repr(graph().populations[0]) == "FloatPopulation('p', 3 units, FloatAccumulator, FloatGraded)"
    assert repr(trace) == "Trace(engine from step 0, sample 0; messages p 5×2×3; states p.v)"
    assert repr(trace.end) == "Snapshot(step 5, populations p)"
    projection = quantal.Projection("a", "p", "q", quantal.Dense(np.zeros((200, 300), np.int64)), 2, 3)
    assert repr(projection) == "Projection('a', p -> q, Dense 200×300, delay 2, times 2^3)"
    real = quantal.FloatProjection("a", "p", "q", np.zeros((200, 300)), 2)
    assert repr(real) == "FloatProjection('a', p -> q, FloatDense 200×300, delay 2)"
