"""Linear maps of vectors: Affine, Linear, Scale."""

from __future__ import annotations

import numpy as np

from quantal.neuro.compile.importing.weighted_sums import LinearMap
from quantal.neuro.nir.primitives.primitive import (
    MapRule,
    Parameters,
    Primitive,
    Shape,
    ShapeError,
    elementwise,
    expect,
    floats,
    spread,
)
from quantal.neuro.synapses import FloatDiagonal
from quantal.neuro.synapses.sparse import block_diagonal


def linear_shape(parameters: Parameters, incoming: Shape | None) -> Shape:
    """`(…, sources)` to `(…, targets)` for a weight `(…, targets, sources)`."""
    weight = np.shape(parameters["weight"])
    if len(weight) < 2:
        raise ShapeError("weight (targets, sources)", weight)
    expect((*weight[:-2], weight[-1]), incoming)
    return weight[:-1]


def affine_shape(parameters: Parameters, incoming: Shape | None) -> Shape:
    """As linear, with a bias for each target."""
    targets = linear_shape(parameters, incoming)
    if np.shape(parameters["bias"]) != targets:
        raise ShapeError(f"bias {targets}", np.shape(parameters["bias"]))
    return targets


def affine_map(parameters: Parameters, incoming: Shape) -> LinearMap:
    """`W x + b`."""
    return LinearMap(block_diagonal(floats(parameters["weight"])), floats(parameters["bias"]).ravel())


def linear_map(parameters: Parameters, incoming: Shape) -> LinearMap:
    """`W x`."""
    weight = block_diagonal(floats(parameters["weight"]))
    return LinearMap(weight, np.zeros(weight.shape[0]))


def scale_map(parameters: Parameters, incoming: Shape) -> LinearMap:
    """`s x`, element by element."""
    scale = spread(parameters["scale"], incoming)
    return LinearMap(FloatDiagonal(scale), np.zeros(scale.size))


PRIMITIVES = {
    "Affine": Primitive(("weight", "bias"), affine_shape),
    "Linear": Primitive(("weight",), linear_shape),
    "Scale": Primitive(("scale",), elementwise("scale")),
}
MAPS: dict[str, MapRule] = {"Affine": affine_map, "Linear": linear_map, "Scale": scale_map}
