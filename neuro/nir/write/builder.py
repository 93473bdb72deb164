"""Nodes and edges of a NIR graph in the making, and the shape that leaves each node."""

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
from quantal.neuro.nir.primitives.primitive import Shape
from quantal.neuro.nir.read.path_names import between
from quantal.neuro.nir.write.image_shapes import fits, leaving
from quantal.neuro.nir.write.links import Link
from quantal.neuro.protocols import FloatWeight
from quantal.neuro.synapses import FloatConvolution, FloatDiagonal
from quantal.neuro.synapses.pooling import is_average_pool, is_sum_pool
from quantal.neuro.synapses.sparse import of_matrix
from quantal.neuro.synapses.windows import kernel_size

ENTRIES_MAX = 2**27
"""Most entries of a matrix; NIR has no sparse ones."""


@dataclass
class Draft:
    """Nodes and edges so far, and the kind of node of a matrix without bias."""

    nodes: dict[str, NirNode] = field(default_factory=dict[str, NirNode])
    edges: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    shapes: dict[str, Shape] = field(default_factory=dict[str, Shape])
    flat: dict[str, str] = field(default_factory=dict[str, str])
    matrices: str = "Linear"

    def add(
        self,
        name: str,
        kind: str,
        shape: Shape,
        parameters: Mapping[str, Any],
        metadata: Mapping[str, Value] | None = None,
    ) -> str:
        """A node that leaves a shape, under its name, or under the first number behind it that is free."""
        free = next(n for n in (name, *(f"{name} {i}" for i in range(2, len(self.nodes) + 3))) if n not in self.nodes)
        self.nodes[free] = NirNode(kind, {k: np.asarray(v) for k, v in parameters.items()}, metadata or {})
        self.shapes[free] = shape
        return free

    def chain(self, *names: str) -> str:
        """Edges from each to the next, but to itself; the last of them."""
        self.edges += [pair for pair in pairwise(names) if pair[0] != pair[1]]
        return names[-1]

    def flattened(self, name: str) -> str:
        """The node that leaves what a node sends in one axis: itself, or a Flatten behind it."""
        shape = self.shapes[name]
        if len(shape) == 1:
            return name
        if name not in self.flat:
            axes = {"start_dim": 0, "end_dim": -1, "input_type": shape}
            made = self.add(f"{name} flatten", "Flatten", (math.prod(shape),), axes)
            self.flat[name] = self.chain(name, made)
        return self.flat[name]


def draft_link(draft: Draft, link: Link, source: str, target_shape: Shape) -> str:
    """The nodes of a link's weights, from a node on; the last of them leaves the shape that the target has."""
    last = draft_weight(link.weight, draft, link, source, target_shape)
    return last if draft.shapes[last] == target_shape else draft.flattened(last)


@singledispatch
def draft_weight(weight: FloatWeight, draft: Draft, link: Link, source: str, target_shape: Shape) -> str:
    """The node of a link's weight after the node `source`; the node that its matrix has, unless its kind has another.

    That is Affine where it brings a constant, else Linear, or Affine without bias if there were no others.
    """
    if math.prod(weight.shape) > ENTRIES_MAX:
        raise QuantalError(
            "a matrix too large for a file without sparse ones",
            where=link.name,
            expected=f"at most {ENTRIES_MAX} entries",
            got=" × ".join(map(str, weight.shape)),
        )
    matrix = weight.to_dense()
    kind = draft.matrices if link.constant is None else "Affine"
    bias = {"bias": link.constant if link.constant is not None else np.zeros(len(matrix))} if kind == "Affine" else {}
    parameters = {"weight": matrix, **bias}
    return draft.chain(draft.flattened(source), draft.add(link.name, kind, matrix.shape[:1], parameters))


@draft_weight.register
def _(weight: FloatConvolution, draft: Draft, link: Link, source: str, target_shape: Shape) -> str:
    """A convolution where a picture arrives, else its matrix."""
    incoming = draft.shapes[source]
    if not fits(weight, incoming):
        return draft_weight(of_matrix(weight.to_matrix()), draft, link, source, target_shape)
    kind, parameters = as_pool(weight, link, incoming) or as_convolution(weight, link, incoming)
    return draft.chain(source, draft.add(link.name, kind, leaving(weight, incoming), parameters))


@draft_weight.register
def _(weight: FloatDiagonal, draft: Draft, link: Link, source: str, target_shape: Shape) -> str:
    """Scale, in the shape of the target."""
    source = source if draft.shapes[source] == target_shape else draft.flattened(source)
    nameless = link.name == between(link.source, link.target)
    if nameless and (weight.weight == 1).all() and (source, link.target) not in draft.edges:
        return source
    scale = weight.weight.reshape(target_shape)
    return draft.chain(source, draft.add(link.name, "Scale", target_shape, {"scale": scale}))


def as_pool(conv: FloatConvolution, link: Link, incoming: Shape) -> tuple[str, dict[str, Any]] | None:
    """SumPool2d or AvgPool2d, if it is one of them."""
    kind = "SumPool2d" if is_sum_pool(conv) else "AvgPool2d" if is_average_pool(conv) else None
    if kind is None or link.constant is not None or len(incoming) != 3:
        return None
    return kind, {"kernel_size": kernel_size(conv), "stride": conv.stride, "padding": conv.padding}


def as_convolution(conv: FloatConvolution, link: Link, incoming: Shape) -> tuple[str, dict[str, Any]]:
    """Conv2d, or Conv1d of a signal."""
    channels = len(conv.weight)
    bias = np.zeros(channels) if link.constant is None else link.constant.reshape(channels, -1)[:, 0]
    shared = {"groups": conv.groups, "bias": bias}
    windows = {name: getattr(conv, name) for name in ("stride", "padding", "dilation")}
    if len(incoming) == 3:
        return "Conv2d", {"input_shape": incoming[1:], "weight": conv.weight, **windows, **shared}
    along = {name: value[1] for name, value in windows.items()}
    return "Conv1d", {"input_shape": incoming[1], "weight": conv.weight[:, :, 0], **along, **shared}
