"""Conversion between `NirGraph` and the graphs of the nir package, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import nir
import numpy as np
from numpy.typing import NDArray

from quantal.neuro.errors import QuantalError
from quantal.neuro.nir.file.tree import text
from quantal.neuro.nir.nir_graph import Metadata, NirGraph, NirNode, Value
from quantal.neuro.nir.primitives import PRIMITIVES
from quantal.neuro.nir.shapes import completed, shape_of, shapes_of
from quantal.neuro.nir.subgraphs import inlined

GRAPH = "NIRGraph"


def from_nir(graph: nir.NIRGraph) -> NirGraph:
    """Convert a graph of the nir package, as tools make it in memory."""
    return checked(graph_of(graph.to_dict(), nir.version))


def checked(graph: NirGraph) -> NirGraph:
    """The same graph with every shape checked, and filled in where files need it."""
    return completed(graph, shapes_of(inlined(graph)))


def within(place: str, error: QuantalError) -> QuantalError:
    """The same error with an outer place before its place."""
    where = f"{place}: {error.where}" if error.where else place
    return QuantalError(error.what, where=where, expected=error.expected, got=error.got, hint=error.hint)


def graph_of(body: Mapping[str, Any], version: str) -> NirGraph:
    """A graph from its parts by name."""
    if body.get("type") != GRAPH or not isinstance(body.get("nodes"), Mapping) or "edges" not in body:
        raise QuantalError("not a graph", where="NIR graph", expected=f"type {GRAPH} with nodes and edges")
    nodes = {name: part_of(name, node, version) for name, node in body["nodes"].items()}
    edges = tuple((text(source), text(target)) for source, target in body["edges"])
    return NirGraph(nodes, edges, metadata_of(body, "NIR graph"), version)


def part_of(name: str, body: Any, version: str) -> NirNode | NirGraph:
    """A node or an inner graph."""
    if not isinstance(body, Mapping) or not isinstance(body.get("type"), str):
        raise QuantalError("a node without a type", where=f"NIR node {name}", expected=", ".join(PRIMITIVES))
    if body["type"] != GRAPH:
        return with_defaults(name, node_of(name, body))
    try:
        return graph_of(body, version)
    except QuantalError as error:
        raise within(f"NIR node {name}", error) from None


def node_of(name: str, body: Mapping[str, Any]) -> NirNode:
    """A node as written."""
    given = {key: value for key, value in body.items() if key not in ("type", "metadata") and value is not None}
    parameters = {key: value if isinstance(value, str) else np.asarray(value) for key, value in given.items()}
    return NirNode(body["type"], parameters, metadata_of(body, f"NIR node {name}"))


def with_defaults(name: str, node: NirNode) -> NirNode:
    """The same node, with the defaults that nir fills in."""
    # Mistakes are reported before nir sees the node, because its errors name no node.
    shape_of(NirGraph({name: node}, ()), name, {})
    return node_of(name, leaf(node).to_dict())


def leaf(node: NirNode) -> nir.NIRNode:
    """A node as one of the nir package."""
    numbers = {key: value if isinstance(value, str) else value[()] for key, value in node.parameters.items()}
    missing = {key: None for key in PRIMITIVES[node.kind].optional if key in ("input_shape", "input_type")}
    return nir.dict2NIRNode({"type": node.kind, **missing, **numbers, "metadata": storable(node.metadata)})


def to_nir(graph: NirGraph) -> nir.NIRGraph:
    """Convert a graph to one of the nir package, for tools that take it in memory."""
    nodes = {name: NIR_PARTS[type(node)](node) for name, node in graph.nodes.items()}
    return nir.NIRGraph(nodes, [*graph.edges], metadata=storable(graph.metadata), type_check=False)


NIR_PARTS: dict[type, Any] = {NirNode: leaf, NirGraph: to_nir}


def metadata_of(body: Mapping[str, Any], where: str) -> Metadata:
    """Metadata as texts and arrays; anything else is refused."""
    return {key: value_of(item, f"{where}, metadata {key}") for key, item in (body.get("metadata") or {}).items()}


def value_of(value: Any, where: str) -> Value:
    """One value that a file can hold."""
    if isinstance(value, str | bytes):
        return text(value)
    if isinstance(value, Mapping):
        return {str(key): value_of(item, f"{where}.{key}") for key, item in value.items()}
    array = np.asarray(value)
    if array.dtype.kind in "biuf":
        return array
    if array.ndim == 1 and all(isinstance(item, str | bytes) for item in array.tolist()):
        return tuple(text(item) for item in array.tolist())
    raise QuantalError("a file can't hold this", where=where, expected="numbers, a text or texts", got=f"{value!r:.60}")


def storable(metadata: Metadata) -> dict[str, Any]:
    """Metadata as the nir package writes it."""
    return {key: STORABLE[type(value)](value) for key, value in metadata.items()}


def scalar_or_array(array: NDArray[Any]) -> Any:
    """An array, or the number of an array without axes, as h5py reads it."""
    return array[()]


STORABLE: dict[type, Callable[[Any], Any]] = {np.ndarray: scalar_or_array, tuple: list, dict: storable, str: str}
