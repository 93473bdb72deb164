"""A graph checks itself: every problem by its text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import Input, Readout
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.neurons import FloatAccumulator, FloatGraded
from quantal.neuro.synapses import FloatDense, FloatSparse


def population(name: str, size: int, **changes: Any) -> FloatPopulation:
    return replace(FloatPopulation(name, size, FloatAccumulator(np.zeros(size), -1.0, 1.0), FloatGraded()), **changes)


def graph(weight: Any = None, **changes: Any) -> Graph:
    weight = np.ones((3, 2)) if weight is None else weight
    projection = FloatProjection("p", "a", "b", weight)
    return replace(Graph("g", (population("a", 2), population("b", 3)), (projection,)), **changes)


def problem_of(build: Any) -> str:
    with pytest.raises(QuantalError) as caught:
        build()
    return str(caught.value).removeprefix("graph g: ")


def test_populations_of_one_name():
    assert problem_of(lambda: graph(populations=(population("a", 2),) * 2)) == "duplicate population name 'a'"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"size": 0}, "size is 0, expected a whole number from 1 to 2147483647"),
        ({"size": 3}, "bias is (2,), expected (3,)"),
        ({"emission": FloatGraded(np.inf)}, "dead_zone[0] is inf, expected a finite number"),
        ({"initial": {"v": np.array([0, np.nan])}}, "initial v[1] is nan, expected a finite number"),
        ({"initial": {"v": np.zeros(1)}}, "initial v is (1,), expected (2,)"),
        ({"initial": {"w": np.zeros(2)}}, "initial state 'w', expected one of ('v',)"),
    ],
)
def test_populations(changes: dict[str, Any], text: str):
    broken = replace(population("a", 2), **changes)
    assert problem_of(lambda: Graph("g", (broken,))) == f"population a: {text}"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"source": "c"}, "no population 'c', expected one of a, b"),
        ({"target": "c"}, "no population 'c', expected one of a, b"),
        ({"weight": np.ones((2, 3))}, "weight is (2, 3), expected (3, 2) (target units, source units)"),
        ({"weight": csr_array((2, 3))}, "weight is (2, 3), expected (3, 2) (target units, source units)"),
        ({"weight": np.full((3, 2), np.nan)}, "weight[0, 0] is nan, expected a finite number"),
        ({"weight": csr_array(np.diag([1, np.inf, 2])[:, 1:])}, "weight[0] is inf, expected a finite number"),
        ({"weight": np.ones(3)}, "weight is (3, 3), expected (3, 2) (target units, source units)"),
        (
            {"weight": FloatDense(np.ones(3))},
            "matrix is float64 (3,), expected float64 (target units, source units)",
        ),
        (
            {"weight": FloatSparse(np.ones(2), np.array([0, 2]), np.array([0, 1, 2, 2]), (3, 2))},
            "indices holds unit 2, expected 0 to 1",
        ),
        ({"delay_steps": 0}, "delay_steps is 0, expected a whole number from 1 to 62"),
        ({"delay_steps": 63}, "delay_steps is 63, expected a whole number from 1 to 62"),
    ],
)
def test_projections(changes: dict[str, Any], text: str):
    broken = replace(graph().projections[0], **changes)
    assert problem_of(lambda: graph(projections=(broken,))) == f"projection p: {text}"


def test_inputs_and_readouts():
    assert problem_of(lambda: graph(inputs=(Input("x", "c", np.ones(2)),))) == (
        "input x: no population 'c', expected one of a, b"
    )
    assert problem_of(lambda: graph(readouts=(Readout("y", "a", np.ones((2, 3))),))) == (
        "read-out y: weight is (2, 3), expected (features, 2)"
    )


def test_parts_by_name():
    assert graph().population("b").size == 3
    assert [projection.name for projection in graph().arriving("b")] == ["p"]
    assert graph().arriving("a") == []
