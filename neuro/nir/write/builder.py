"""Nodes and edges of a NIR graph under construction, and the outgoing shape of each node."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from itertools import pairwise
from typing import Any

import numpy as np

from quantal.neuro.errors import QuantalError
from quantal.neuro.nir.nir_graph import NirNode, Value
from quantal.neuro.nir.path_names import between
from quantal.neuro.nir.primitives.primitive import Shape
from quantal.neuro.nir.write.image_shapes import fits, outgoing_shape
from quantal.neuro.nir.write.paths import WeightedPath
from quantal.neuro.protocols import FloatWeight
from quantal.neuro.synapses import FloatConvolution, FloatDiagonal
from quantal.neuro.synapses.pooling import is_average_pool, is_sum_pool
from quantal.neuro.synapses.sparse import from_matrix
from quantal.neuro.synapses.windows import kernel_size

ENTRIES_MAX = 2**27
"""Most entries of a matrix; NIR has no sparse matrices."""


@dataclass
class GraphBuilder:
    """Nodes, edges and shapes so far, the Flatten after each node, and the kind of node for a matrix without bias."""

    nodes: dict[str, NirNode] = field(default_factory=dict[str, NirNode])
    edges: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    shapes: dict[str, Shape] = field(default_factory=dict[str, Shape])
    flattens: dict[str, str] = field(default_factory=dict[str, str])
    matrices: str = "Linear"

    def add(
        self,
        name: str,
        kind: str,
        shape: Shape,
        parameters: Mapping[str, Any],
        metadata: Mapping[str, Value] | None = None,
    ) -> str:
        """Add a node with this outgoing shape, and return its name, followed by a number if the name is taken."""
        free = next(n for n in (name, *(f"{name} {i}" for i in range(2, len(self.nodes) + 3))) if n not in self.nodes)
        self.nodes[free] = NirNode(kind, {k: np.asarray(v) for k, v in parameters.items()}, metadata or {})
        self.shapes[free] = shape
        return free

    def chain(self, *names: str) -> str:
        """Add an edge from each node to the next, unless they are the same, and return the last node."""
        self.edges += [pair for pair in pairwise(names) if pair[0] != pair[1]]
        return names[-1]

    def flattened(self, name: str) -> str:
        """The node that sends a node's signal along one axis: itself, or a Flatten after it."""
        shape = self.shapes[name]
        if len(shape) == 1:
            return name
        if name not in self.flattens:
            axes = {"start_dim": 0, "end_dim": -1, "input_type": shape}
            node = self.add(f"{name} flatten", "Flatten", (math.prod(shape),), axes)
            self.flattens[name] = self.chain(name, node)
        return self.flattens[name]


def add_weight_nodes(builder: GraphBuilder, path: WeightedPath, source: str, target_shape: Shape) -> str:
    """Add the nodes of a path's weight after `source`, and return the last, which has the shape of the target."""
    last = add_weight_node(path.weight, builder, path, source, target_shape)
    return last if builder.shapes[last] == target_shape else builder.flattened(last)


@singledispatch
def add_weight_node(
    weight: FloatWeight, builder: GraphBuilder, path: WeightedPath, source: str, target_shape: Shape
) -> str:
    """Add the node of a path's weight after the node `source`: by default that of its matrix.

    This is an Affine if the path carries a constant, else a Linear, or an Affine with a bias of 0 if the file had no
    Linear.
    """
    if math.prod(weight.shape) > ENTRIES_MAX:
        raise QuantalError(
            "a matrix too large for NIR, which has no sparse ones",
            where=path.name,
            expected=f"at most {ENTRIES_MAX} entries",
            got=" × ".join(map(str, weight.shape)),
        )
    matrix = weight.to_dense()
    kind = builder.matrices if path.constant is None else "Affine"
    bias = {"bias": path.constant if path.constant is not None else np.zeros(len(matrix))} if kind == "Affine" else {}
    parameters = {"weight": matrix, **bias}
    return builder.chain(builder.flattened(source), builder.add(path.name, kind, matrix.shape[:1], parameters))


@add_weight_node.register
def _(weight: FloatConvolution, builder: GraphBuilder, path: WeightedPath, source: str, target_shape: Shape) -> str:
    """A convolution if an image arrives, else its matrix."""
    incoming = builder.shapes[source]
    if not fits(weight, incoming):
        return add_weight_node(from_matrix(weight.to_matrix()), builder, path, source, target_shape)
    kind, parameters = as_pool(weight, path, incoming) or as_convolution(weight, path, incoming)
    return builder.chain(source, builder.add(path.name, kind, outgoing_shape(weight, incoming), parameters))


@add_weight_node.register
def _(weight: FloatDiagonal, builder: GraphBuilder, path: WeightedPath, source: str, target_shape: Shape) -> str:
    """Scale, in the shape of the target."""
    source = source if builder.shapes[source] == target_shape else builder.flattened(source)
    unnamed = path.name == between(path.source, path.target)
    if unnamed and (weight.weight == 1).all() and (source, path.target) not in builder.edges:
        return source
    scale = weight.weight.reshape(target_shape)
    return builder.chain(source, builder.add(path.name, "Scale", target_shape, {"scale": scale}))


def as_pool(conv: FloatConvolution, path: WeightedPath, incoming: Shape) -> tuple[str, dict[str, Any]] | None:
    """A convolution as SumPool2d or AvgPool2d; None if it is neither."""
    kind = "SumPool2d" if is_sum_pool(conv) else "AvgPool2d" if is_average_pool(conv) else None
    if kind is None or path.constant is not None or len(incoming) != 3:
        return None
    return kind, {"kernel_size": kernel_size(conv), "stride": conv.stride, "padding": conv.padding}


def as_convolution(conv: FloatConvolution, path: WeightedPath, incoming: Shape) -> tuple[str, dict[str, Any]]:
    """A convolution as Conv2d, or as Conv1d for a signal."""
    channels = len(conv.weight)
    bias = np.zeros(channels) if path.constant is None else path.constant.reshape(channels, -1)[:, 0]
    shared = {"groups": conv.groups, "bias": bias}
    windows = {name: getattr(conv, name) for name in ("stride", "padding", "dilation")}
    if len(incoming) == 3:
        return "Conv2d", {"input_shape": incoming[1:], "weight": conv.weight, **windows, **shared}
    along = {name: value[1] for name, value in windows.items()}
    return "Conv1d", {"input_shape": incoming[1], "weight": conv.weight[:, :, 0], **along, **shared}
