"""Nodes that pass signals on unchanged: Input, Output, and Flatten, which only changes their shape."""

from __future__ import annotations

import numpy as np

from quantal.neuro.nir.primitives.primitive import Parameters, Primitive, Shape, ShapeError, expect, whole_shape


def input_shape(parameters: Parameters, incoming: Shape | None) -> Shape:
    """The shape that the node states."""
    return expect(whole_shape(parameters["shape"]), incoming)


def output_shape(parameters: Parameters, incoming: Shape | None) -> Shape:
    """The shape that the node states; some tools add a batch axis, so only the number of units has to agree."""
    shape = whole_shape(parameters["shape"])
    if incoming is not None and np.prod(incoming) != np.prod(shape):
        raise ShapeError(shape, incoming)
    return shape


def flattened_shape(parameters: Parameters, incoming: Shape | None) -> Shape | None:
    """One axis in place of those from `start_dim` to `end_dim`, both included."""
    if "input_type" in parameters:
        incoming = expect(whole_shape(parameters["input_type"]), incoming)
    if incoming is None:
        return None
    start, end = (int(parameters[name]) for name in ("start_dim", "end_dim"))
    start, end = (axis + len(incoming) if axis < 0 else axis for axis in (start, end))
    if not 0 <= start <= end < len(incoming):
        raise ShapeError(f"an input with axes {parameters['start_dim']} to {parameters['end_dim']}", incoming)
    return (*incoming[:start], int(np.prod(incoming[start : end + 1])), *incoming[end + 1 :])


PRIMITIVES = {
    "Input": Primitive(("shape",), input_shape),
    "Output": Primitive(("shape",), output_shape),
    "Flatten": Primitive(("start_dim", "end_dim"), flattened_shape, optional=("input_type",)),
}
