"""Inline inner graphs: one flat graph whose node names show where each node came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quantal.neuro.errors import QuantalError
from quantal.neuro.nir.nir_graph import NirGraph, NirNode


def inlined(graph: NirGraph) -> NirGraph:
    """The same graph with each inner graph replaced by its nodes, named `outer.inner`.

    The Input and Output of an inner graph remain, as nodes that pass signals on.
    """
    nodes: dict[str, NirNode | NirGraph] = {}
    edges: list[tuple[str, str]] = []
    ports: dict[str, tuple[str, str]] = {}
    for name, node in graph.nodes.items():
        inner = PARTS[type(node)](name, node)
        for clash in inner.nodes.keys() & nodes.keys():
            raise QuantalError("two nodes have the same name once inner graphs are inlined", where=clash)
        nodes |= inner.nodes
        edges += inner.edges
        ports[name] = PORTS[type(node)](name, node, graph)
    edges += [(ports[source][1], ports[target][0]) for source, target in graph.edges]
    return NirGraph(nodes, tuple(edges), graph.metadata, graph.version)


def node_part(name: str, node: NirNode) -> NirGraph:
    """A node by itself."""
    return NirGraph({name: node}, ())


def graph_part(name: str, graph: NirGraph) -> NirGraph:
    """The nodes and edges of an inner graph under their full names."""
    inner = inlined(graph)
    nodes = {f"{name}.{key}": node for key, node in inner.nodes.items()}
    return NirGraph(nodes, tuple((f"{name}.{source}", f"{name}.{target}") for source, target in inner.edges))


def node_ports(name: str, node: NirNode, graph: NirGraph) -> tuple[str, str]:
    """The nodes at which edges to and from a node end and start: itself."""
    return name, name


def graph_ports(name: str, inner: NirGraph, graph: NirGraph) -> tuple[str, str]:
    """The nodes at which edges to and from an inner graph end and start: its only Input and Output."""
    return (
        port(name, inner, "Input") if graph.into(name) else "",
        port(name, inner, "Output") if graph.out_of(name) else "",
    )


def port(name: str, graph: NirGraph, kind: str) -> str:
    """The only node of a kind in an inner graph; an edge can't choose between several."""
    found = [key for key, node in graph.nodes.items() if getattr(node, "kind", "") == kind]
    if len(found) != 1:
        raise QuantalError(
            f"an edge leads to an inner graph with {len(found)} nodes of kind {kind}",
            where=f"NIR node {name}",
            expected="exactly one",
            got=", ".join(found) or "none",
        )
    return f"{name}.{found[0]}"


PARTS: Mapping[type, Any] = {NirNode: node_part, NirGraph: graph_part}
PORTS: Mapping[type, Any] = {NirNode: node_ports, NirGraph: graph_ports}
