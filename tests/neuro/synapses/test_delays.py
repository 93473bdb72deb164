"""Delays of connections: given with the weights of a graph, kept by the compiler and in files, split where need be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array

from quantal.neuro.compile import compile_graph
from quantal.neuro.compile.options import Options
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Input, Population, Projection
from quantal.neuro.network.files import content_hash, load_network, save_network
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.network.graph_files import load_graph, save_graph
from quantal.neuro.network.latency import latency_steps
from quantal.neuro.network.text import text
from quantal.neuro.network.verify import verify
from quantal.neuro.neurons import FloatGraded, FloatMemoryless, Graded, Memoryless
from quantal.neuro.nir.write.paths import weighted_paths
from quantal.neuro.simulate.floats import simulate
from quantal.neuro.synapses import Dense, Sparse
from quantal.neuro.synapses.delays import by_delay

WEIGHTS = np.array([[0.0, 0.5, 0.25], [1.0, 0.0, -0.75], [0.001, 0.0, 0.0]])
DELAYS = np.array([[0, 3, 1], [2, 0, 3], [5, 0, 0]])


def graph(weight: Any = None, delay_steps: Any = None) -> Graph:
    """Three units that receive the sample, and three to which it goes on."""
    populations = tuple(
        FloatPopulation(name, 3, FloatMemoryless(np.zeros(3), -2.0, 2.0), FloatGraded()) for name in ("in", "out")
    )
    weight = csr_array(WEIGHTS) if weight is None else weight
    delay_steps = csr_array(DELAYS) if delay_steps is None else delay_steps
    return Graph("delayed", populations, (FloatProjection("w", "in", "out", weight, delay_steps),))


def connections(projection: Projection) -> dict[tuple[int, int], tuple[int, int]]:
    """Weight and delay by target and source."""
    weight: Any = projection.weight
    pairs = zip(weight.target.tolist(), weight.source.tolist(), strict=True)
    return dict(zip(pairs, zip(weight.weight.tolist(), projection.delay_steps.tolist(), strict=True), strict=True))


@pytest.mark.parametrize(
    "delay_steps",
    [csr_array(DELAYS), coo_array(DELAYS), np.array([3, 1, 2, 3, 5]), np.array([3, 1, 2, 3, 5], np.uint8)],
    ids=["csr", "coo", "aligned", "bytes"],
)
def test_delays_follow_their_connections_through_compilation(delay_steps: Any):
    network, _ = compile_graph(graph(delay_steps=delay_steps))
    (projection,) = network.projections
    assert {pair: delay for pair, (_, delay) in connections(projection).items()} == {
        (0, 1): 3,
        (0, 2): 1,
        (1, 0): 2,
        (1, 2): 3,
    }, "the smallest weight is rounded to 0 and dropped, with its delay"
    assert projection.delay_steps.dtype == np.int8
    assert repr(projection).count("delay 1 to 3,") == 1
    assert "delay [4: 1" in text(network) or "delay [3, 1, 2, 3]" in text(network)
    assert network.longest_delay("in") == 3


def test_both_slices_keep_the_delays():
    network, _ = compile_graph(graph(), Options(weight_slices=2))
    high, low = map(connections, network.projections)
    assert {pair: delay for pair, (_, delay) in low.items()}.items() <= {
        **{pair: delay for pair, (_, delay) in high.items()},
        (2, 0): 5,
    }.items()
    assert (2, 0) in low


def test_an_unordered_weight_takes_its_delays_along():
    unordered = csr_array((np.array([0.25, 0.5]), np.array([2, 1]), np.array([0, 2, 2, 2])), shape=(3, 3))
    made = graph(unordered, np.array([1, 3])).projections[0]
    assert made.weight.to_matrix().indices.tolist() == [1, 2]
    assert made.delay_steps.tolist() == [3, 1]


@pytest.mark.parametrize(
    ("weight", "delay_steps", "problem"),
    [
        (None, csr_array(DELAYS.T), "delays and weights join different units"),
        (None, np.array([1, 2]), "delay_steps is int8 (2,), expected whole numbers (5,), one for each connection"),
        (None, np.array([1, 2, 63, 1, 1]), "delay_steps[2] is 63, expected 1 to 62"),
        (None, np.array([1, 2, 0, 1, 1]), "delay_steps[2] is 0, expected 1 to 62"),
        (None, np.ones(5), "delay_steps is float64 (5,), expected whole numbers (5,), one for each connection"),
        (WEIGHTS, DELAYS, "delay_steps is an array, which only a sparse weight may have, not a FloatDense"),
        (
            csr_array((np.ones(2), np.array([1, 1]), np.array([0, 2, 2, 2])), shape=(3, 3)),
            np.array([1, 2]),
            "two connections with delays join the same units",
        ),
    ],
)
def test_each_mistake_is_named(weight: Any, delay_steps: Any, problem: str):
    with pytest.raises(QuantalError, match="projection w") as caught:
        graph(weight, delay_steps)
    assert problem in str(caught.value)


def test_a_network_checks_its_delays():
    units = Population("p", 2, Memoryless(np.zeros(2, np.int64), -9, 9), Graded())
    weight = Sparse(np.array([0, 1]), np.array([1, 0]), np.array([2, 4]), 2, 2)
    for given, delay_steps in (
        (weight, np.array([1, 70])),
        (weight, np.array([1])),
        (Dense(np.eye(2, dtype=int)), np.array([1])),
    ):
        with pytest.raises(QuantalError, match="delay_steps"):
            verify(CountNetwork("n", (units,), (Projection("w", "p", "p", given, delay_steps),)))


def test_files_keep_delays(tmp_path: Path):
    network, _ = compile_graph(graph())
    save_network(network, tmp_path / "n.safetensors")
    loaded = load_network(tmp_path / "n.safetensors")
    assert content_hash(loaded) == content_hash(network)
    assert connections(loaded.projections[0]) == connections(network.projections[0])
    save_graph(graph(), tmp_path / "g.safetensors")
    assert load_graph(tmp_path / "g.safetensors").projections[0].delay_steps.tolist() == [3, 1, 2, 3, 5]


def test_a_float_run_delays_each_connection():
    impulse = np.zeros((7, 1, 3))
    impulse[0, 0] = 1, 1, 1
    given = replace(graph(), inputs=(Input("x", "in", np.ones(3)),))
    got = simulate(given, impulse, 7)["out"][:, 0]
    expected = np.zeros((7, 3))
    for (target, source), weight in np.ndenumerate(WEIGHTS):
        expected[DELAYS[target, source], target] += weight
    assert np.allclose(got, np.where(np.arange(7)[:, np.newaxis] > 0, expected, 0))
    assert latency_steps(given) == {"in": 0, "out": 1}


def test_nir_has_a_path_for_each_delay():
    paths = [path for path in weighted_paths(graph(), "sample") if path.source == "in"]
    assert sorted(path.name for path in paths) == ["w after 0", "w after 1", "w after 2", "w after 4"]
    assert np.array_equal(sum(path.weight.to_dense() for path in paths), WEIGHTS)


def test_parts_by_delay_hold_every_connection_once():
    (projection,) = compile_graph(graph())[0].projections
    parts = dict(by_delay(projection.weight, projection.delay_steps))
    assert [*parts] == [1, 2, 3]
    assert sorted(value for part in parts.values() for value in part.values().tolist()) == sorted(
        projection.weight.values().tolist()
    )
