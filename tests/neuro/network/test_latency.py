from __future__ import annotations

import numpy as np

from quantal.neuro.network.count_network import Input
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.network.latency import latency_steps
from quantal.neuro.neurons import FloatGraded, FloatMemoryless
from quantal.neuro.simulate.floats import simulate

WEIGHT = np.eye(1)


def chain(*paths: tuple[str, str, int]) -> Graph:
    """Populations of one unit that pass on their input."""
    names = sorted({"a", *(name for path in paths for name in path[:2])})
    passing = [FloatPopulation(n, 1, FloatMemoryless(np.zeros(1), -9.0, 9.0), FloatGraded()) for n in names]
    projections = [FloatProjection(f"{s}->{t}{d}", s, t, WEIGHT, d) for s, t, d in paths]
    return Graph("g", tuple(passing), tuple(projections), (Input("x", "a", np.ones(1)),))


def test_delays_add_up_along_the_shortest_path():
    graph = chain(("a", "b", 5), ("a", "c", 1), ("c", "b", 2), ("b", "d", 3), ("d", "a", 1), ("b", "b", 1))
    assert latency_steps(graph) == {"a": 0, "c": 1, "b": 3, "d": 6}


def test_projections_may_come_in_any_order():
    assert latency_steps(chain(("c", "d", 1), ("b", "c", 1), ("a", "b", 1))) == {"a": 0, "b": 1, "c": 2, "d": 3}


def test_a_population_that_no_sample_reaches_has_no_latency():
    assert latency_steps(chain(("b", "a", 1))) == {"a": 0}


def test_a_sample_arrives_after_that_many_steps():
    graph = chain(("a", "b", 2), ("b", "c", 3))
    messages = simulate(graph, np.ones((1, 1)), 9)
    assert {name: int(sent[:, 0, 0].argmax()) for name, sent in messages.items()} == latency_steps(graph)
