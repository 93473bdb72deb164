"""The outgoing shape of every node: stated by the nodes, and propagated along the edges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from quantal.neuro.errors import QuantalError
from quantal.neuro.nir.nir_graph import NirGraph, NirNode
from quantal.neuro.nir.primitives import PRIMITIVES
from quantal.neuro.nir.primitives.primitive import Shape, ShapeError, misshapen


def shapes_of(graph: NirGraph) -> dict[str, Shape]:
    """Outgoing shape of every node of a graph without inner graphs; a `QuantalError` names one that doesn't fit."""
    known: dict[str, Shape] = {}
    # Every pass adds known shapes, so the loop terminates.
    while found := {
        name: shape for name in graph.nodes if (shape := shape_of(graph, name, known)) and name not in known
    }:
        known |= found
    for name in graph.nodes:
        if name not in known:
            raise QuantalError(
                "the shape that arrives here is unknown",
                where=f"NIR node {name}",
                hint="connect it, or give the node its input shape",
            )
    return known


def shape_of(graph: NirGraph, name: str, known: dict[str, Shape]) -> Shape | None:
    """Outgoing shape of one node, or None where it isn't known yet."""
    node = node_of(graph, name)
    arriving = [known[source] for source in graph.into(name) if source in known]
    shape: Shape | None = None
    try:
        for incoming in arriving or [None]:
            shape = PRIMITIVES[node.kind].shape(node.parameters, incoming)
    except ShapeError as error:
        raise misshapen(name, node.kind, error) from None
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        raise QuantalError(
            f"numbers that no {node.kind} can have", where=f"NIR node {name}", got=str(error).splitlines()[0][:200]
        ) from error
    return shape


def node_of(graph: NirGraph, name: str) -> NirNode:
    """A node of a graph without inner graphs."""
    node = graph.nodes[name]
    assert isinstance(node, NirNode)
    return node


def incoming_shape(graph: NirGraph, name: str, shapes: Mapping[str, Shape]) -> Shape:
    """The shape that arrives at a node, or its outgoing shape if nothing arrives."""
    return next((shapes[source] for source in graph.into(name)), shapes[name])


def completed(graph: NirGraph, shapes: dict[str, Shape], prefix: str = "") -> NirGraph:
    """The same graph with shapes added to the nodes that must have them in a NIR file.

    `shapes` are those of the whole graph with its inner graphs inlined, and `prefix` is the place of this graph in it.
    """
    nodes = {name: COMPLETED[type(node)](graph, name, node, shapes, prefix) for name, node in graph.nodes.items()}
    return replace(graph, nodes=nodes)


def completed_node(graph: NirGraph, name: str, node: NirNode, shapes: dict[str, Shape], prefix: str) -> NirNode:
    """A node with its incoming shape, if it is of a kind that holds it."""
    key, written = SHAPED.get(node.kind, ("", np.array))
    if not key or key in node.parameters:
        return node
    sources = [f"{prefix}{source}" for source in graph.into(name)]
    arriving = next((shapes[source] for source in sources if source in shapes), None)
    if arriving is None:
        raise QuantalError(
            f"a {node.kind} without its {key}",
            where=f"NIR node {prefix}{name}",
            hint="give it: what arrives here comes from an inner graph, or from nowhere",
        )
    return replace(node, parameters={**node.parameters, key: written(arriving)})


def completed_graph(graph: NirGraph, name: str, inner: NirGraph, shapes: dict[str, Shape], prefix: str) -> NirGraph:
    """An inner graph with its shapes."""
    return completed(inner, shapes, f"{prefix}{name}.")


COMPLETED: dict[type, Any] = {NirNode: completed_node, NirGraph: completed_graph}
SHAPED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "Conv1d": ("input_shape", lambda shape: np.array(shape[1])),
    "Conv2d": ("input_shape", lambda shape: np.array(shape[1:])),
    "Flatten": ("input_type", np.array),
}
"""Kind of node to the parameter that holds its incoming shape, and the form it takes there."""
