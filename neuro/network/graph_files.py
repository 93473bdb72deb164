"""Graphs on disk, in `.safetensors` files like those of networks."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from quantal.neuro.network.count_network import Input, Readout
from quantal.neuro.network.files import Tensors, flatten, read, refusing, restore, write
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph, SampleRange
from quantal.neuro.neurons import FLOAT_EMISSIONS, FLOAT_INTEGRATIONS
from quantal.neuro.registry import by_name
from quantal.neuro.synapses import FLOAT_WEIGHTS

NOUNS = by_name(FloatPopulation, FloatProjection, Input, Readout, SampleRange)


def graph_parts() -> dict[str, type]:
    """Types that a graph file may hold, by name."""
    registries = (FLOAT_INTEGRATIONS, FLOAT_EMISSIONS, FLOAT_WEIGHTS)
    return {**NOUNS, **{name: kind for registry in registries for name, kind in registry.items()}}


def save_graph(graph: Graph, path: str | Path) -> None:
    """Write a graph; an existing file is replaced only when the new one is complete."""
    tensors: Tensors = {}
    body = {field.name: flatten(getattr(graph, field.name), field.name, tensors) for field in fields(graph)}
    write(path, "graph", body, tensors)


def load_graph(path: str | Path) -> Graph:
    """Read a graph, which checks itself."""
    body, tensors = read(path, "graph")
    with refusing(path):
        parts = graph_parts()
        return Graph(**{name: restore(value, tensors, parts) for name, value in body.items()})
