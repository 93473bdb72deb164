"""What arrives at every neuron and Output of a NIR graph, as a weighted sum of what other neurons and Inputs send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from math import prod

import numpy as np

from quantal.neuro.compile.importing.weighted_sums import WeightedSum, delayed, mapped, signal, total
from quantal.neuro.errors import QuantalError
from quantal.neuro.nir.nir_graph import NirGraph, NirNode
from quantal.neuro.nir.primitives import convolutions, linear
from quantal.neuro.nir.primitives.delays import delay_steps
from quantal.neuro.nir.primitives.neurons import NEURONS
from quantal.neuro.nir.primitives.primitive import MapRule, Shape
from quantal.neuro.nir.shapes import incoming_shape, node_of


def node_inputs(graph: NirGraph, shapes: Mapping[str, Shape], dt_s: float) -> dict[str, WeightedSum]:
    """The input of every node at which paths end: neurons and Outputs."""
    sent = {name: signal(name, prod(shapes[name])) for name in graph.nodes if is_source(graph, name)}
    for name in linear_nodes_in_order(graph):
        node = LinearNode(name, node_of(graph, name), incoming_shape(graph, name, shapes), dt_s)
        sent[name] = APPLY[node.node.kind](node, arriving(graph, name, node.shape, sent))
    targets = [name for name in graph.nodes if ends_paths(graph, name)]
    return {name: arriving(graph, name, incoming_shape(graph, name, shapes), sent) for name in targets}


def arriving(graph: NirGraph, name: str, shape: Shape, sent: Mapping[str, WeightedSum]) -> WeightedSum:
    """The sum of the signals on all edges that end at a node."""
    return total((sent[source] for source in graph.into(name)), prod(shape))


def is_source(graph: NirGraph, name: str) -> bool:
    """Whether paths start at this node: a neuron, or an Input at which nothing arrives."""
    kind = node_of(graph, name).kind
    return kind in NEURONS or (kind == "Input" and not graph.into(name))


def ends_paths(graph: NirGraph, name: str) -> bool:
    """Whether paths end at this node: a neuron or an Output."""
    return node_of(graph, name).kind in {*NEURONS, "Output"}


def linear_nodes_in_order(graph: NirGraph) -> list[str]:
    """Nodes that pass signals on, in topological order; a `QuantalError` names the nodes of a loop without a neuron."""
    linear_nodes = [name for name in graph.nodes if not is_source(graph, name)]
    linear_nodes = [name for name in linear_nodes if node_of(graph, name).kind not in NEURONS]
    before = {name: [source for source in graph.into(name) if source in linear_nodes] for name in linear_nodes}
    try:
        return [*TopologicalSorter(before).static_order()]
    except CycleError as error:
        loop = error.args[1]
    delay = any(node_of(graph, name).kind == "Delay" for name in loop)
    raise QuantalError(
        "a loop of linear nodes without a neuron" if delay else "a loop with neither a neuron nor a delay",
        where=f"NIR nodes {' → '.join(loop)}",
        expected="a neuron, such as LI, on every loop",
    )


@dataclass(frozen=True)
class LinearNode:
    """A node that passes signals on, the shape that arrives there, and the time step."""

    name: str
    node: NirNode
    shape: Shape
    dt_s: float


def unchanged(node: LinearNode, before: WeightedSum) -> WeightedSum:
    """Flatten, and the Inputs and Outputs of inner graphs."""
    return before


def apply_map(rule: MapRule) -> Callable[[LinearNode, WeightedSum], WeightedSum]:
    """A linear map of what arrives."""

    def apply(node: LinearNode, before: WeightedSum) -> WeightedSum:
        return mapped(rule(node.node.parameters, node.shape), node.name, before)

    return apply


def apply_delay(node: LinearNode, before: WeightedSum) -> WeightedSum:
    """A delay of what arrives, unit by unit."""
    where = f"NIR node {node.name}"
    steps = delay_steps(node.node.parameters, node.shape, node.dt_s, where)
    if before.constant.any() and steps.any():
        raise QuantalError(
            "a bias before a delay would have to start late",
            where=where,
            expected="no bias before a delay",
            got=f"{np.abs(before.constant).max():g}",
            hint="put the bias after the delay",
        )
    return delayed(steps, before)


APPLY: dict[str, Callable[[LinearNode, WeightedSum], WeightedSum]] = {
    **{kind: apply_map(rule) for kind, rule in {**linear.MAPS, **convolutions.MAPS}.items()},
    "Delay": apply_delay,
    "Flatten": unchanged,
    "Input": unchanged,
    "Output": unchanged,
}
"""Kind of a node that passes signals on to what it does to them."""
