"""Graphs on disk come back with every number, and what is no graph is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import Input
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.network.graph_files import load_graph, save_graph
from quantal.neuro.neurons import FloatCuba, FloatSpike
from quantal.neuro.synapses import FloatConvolution, FloatSparse

from support.graphs import random_graphs


def assert_equal(one: object, other: object) -> None:
    """Equal down to every array."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
    elif isinstance(one, FloatSparse):
        assert_equal(one.to_dense(), other.to_dense())
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for mine, theirs in zip(one, other, strict=True):
            assert_equal(mine, theirs)
    elif isinstance(one, Mapping):
        assert one.keys() == other.keys()
        for key in one:
            assert_equal(one[key], other[key])
    elif hasattr(one, "__dataclass_fields__"):
        for field in fields(one):
            assert_equal(getattr(one, field.name), getattr(other, field.name))
    else:
        assert one == other


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(graph=random_graphs())
def test_any_graph_comes_back(graph: Graph, tmp_path: Path):
    save_graph(graph, tmp_path / "graph.safetensors")
    assert_equal(load_graph(tmp_path / "graph.safetensors"), graph)


def spiking() -> Graph:
    cuba = FloatCuba(*np.full((3, 8), 0.1), -2.0, 2.0)
    cells = FloatPopulation("cells", 8, cuba, FloatSpike(np.ones(8)), {"v": np.full(8, 0.5)})
    kernel = FloatConvolution(np.ones((2, 2, 3, 3)), (2, 2, 2), padding=(1, 1))
    loop = FloatProjection("loop", "cells", "cells", kernel, 3)
    return Graph("net", (cells,), (loop,), (Input("in", "cells", np.ones((8, 4))),), sample_shape=(2, 2))


def test_spiking_units_and_convolutions_come_back(tmp_path: Path):
    save_graph(spiking(), tmp_path / "graph.safetensors")
    assert_equal(load_graph(tmp_path / "graph.safetensors"), spiking())


def test_a_file_of_another_kind_or_cut_is_refused(tmp_path: Path):
    path = tmp_path / "graph.safetensors"
    save_graph(spiking(), path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(QuantalError, match="not a valid quantal file"):
        load_graph(path)
    with pytest.raises(QuantalError, match="no such file"):
        load_graph(tmp_path / "none")
