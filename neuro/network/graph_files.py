"""Graphs on disk, as `.safetensors` files like those of networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from quantal.neuro.network.count_network import Input, Readout
from quantal.neuro.network.files import Tensors, flatten, read, refusing, restore, write
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.neurons import FLOAT_EMISSIONS, FLOAT_INTEGRATIONS
from quantal.neuro.registry import by_name
from quantal.neuro.synapses import FLOAT_WEIGHTS


@dataclass(frozen=True, eq=False)
class Compressed:
    """A sparse matrix by rows, as SciPy keeps it."""

    data: NDArray[np.float64]
    indices: NDArray[np.integer[Any]]
    indptr: NDArray[np.integer[Any]]
    shape: tuple[int, ...]


NOUNS = by_name(Compressed, FloatPopulation, FloatProjection, Input, Readout)


def graph_parts() -> dict[str, type]:
    """Everything that a graph file may hold, by name."""
    registries = (FLOAT_INTEGRATIONS, FLOAT_EMISSIONS, FLOAT_WEIGHTS)
    return {**NOUNS, **{name: kind for registry in registries for name, kind in registry.items()}}


def save_graph(graph: Graph, path: str | Path) -> None:
    """Write a graph; an existing file is replaced only when the new one is whole."""
    tensors: Tensors = {}
    saved = {field.name: getattr(graph, field.name) for field in fields(graph)}
    saved["projections"] = tuple(replace(entry, weight=packed(entry.weight)) for entry in graph.projections)
    write(path, "graph", {name: flatten(value, name, tensors) for name, value in saved.items()}, tensors)


def load_graph(path: str | Path) -> Graph:
    """Read a graph, which checks itself."""
    body, tensors = read(path, "graph")
    with refusing(path):
        parts = graph_parts()
        saved = {name: restore(value, tensors, parts) for name, value in body.items()}
        saved["projections"] = tuple(replace(entry, weight=unpacked(entry.weight)) for entry in saved["projections"])
        return Graph(**saved)


def packed(weight: Any) -> Any:
    """A weight as arrays."""
    return PACKED.get(type(weight), unchanged)(weight)


def unpacked(weight: Any) -> Any:
    """A weight as graphs carry it."""
    return UNPACKED.get(type(weight), unchanged)(weight)


def unchanged(weight: Any) -> Any:
    """A weight that is arrays already."""
    return weight


def compressed(weight: csr_array) -> Compressed:
    """A sparse matrix as its arrays."""
    shape = tuple(int(size) for size in weight.shape or ())
    return Compressed(np.asarray(weight.data, np.float64), weight.indices, weight.indptr, shape)


def sparse(weight: Compressed) -> csr_array:
    """The matrix again."""
    return csr_array((weight.data, weight.indices, weight.indptr), shape=weight.shape)


PACKED: dict[type, Callable[[Any], Any]] = {csr_array: compressed}
UNPACKED: dict[type, Callable[[Any], Any]] = {Compressed: sparse}
