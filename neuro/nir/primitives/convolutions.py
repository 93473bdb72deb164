"""Linear maps of images: Conv1d, Conv2d, SumPool2d, AvgPool2d, each as a convolution.

A signal `(channels, length)` is treated as an image of height 1. Padding is with zeros. `same` pads so that the size
is preserved; if the number of zeros is odd, the extra zero goes at the end, as in torch. An average divides by the size
of the whole window, including zeros of the padding.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from quantal.neuro.compile.importing.convolutions import convolution, pair
from quantal.neuro.compile.importing.weighted_sums import LinearMap
from quantal.neuro.nir.primitives.primitive import (
    MapRule,
    Parameters,
    Primitive,
    Shape,
    ShapeError,
    ShapeRule,
    floats,
)
from quantal.neuro.protocols import Floats
from quantal.neuro.synapses import FloatConvolution
from quantal.neuro.synapses.pooling import average_pool, sum_pool
from quantal.neuro.synapses.windows import Pair
from quantal.neuro.synapses.windows import Shape as ImageShape


def rows_and_columns(parameters: Parameters, name: str, axes: int, least: int = 1) -> Pair:
    """Stride, dilation, window or padding; along the height of a signal it is `least`, which has no effect."""
    value = parameters[name]
    numbers = pair(value) if axes == 2 else (least, int(np.broadcast_to(np.ravel(value), 1)[0]))
    if min(numbers) < least:
        raise ShapeError(f"{name} of at least {least}", value)
    return numbers


def image_weight(parameters: Parameters, axes: int) -> Floats:
    """Weight `(outputs, inputs / groups, height, width)`."""
    weight, groups = floats(parameters["weight"]), int(parameters["groups"])
    if weight.ndim != axes + 2:
        raise ShapeError(f"weight with {axes + 2} axes", weight.shape)
    if groups < 1 or weight.shape[0] % groups:
        raise ShapeError(f"groups that divide {weight.shape[0]} outputs", groups)
    if np.shape(parameters["bias"]) != weight.shape[:1]:
        raise ShapeError(f"bias {weight.shape[:1]}", np.shape(parameters["bias"]))
    return weight if axes == 2 else weight[:, :, None, :]


def image_shape(parameters: Parameters, axes: int, channels: int, incoming: Shape | None) -> Shape | None:
    """The shape that a convolution takes, as the node states it or as it arrives."""
    given = parameters.get("input_shape")
    expected = incoming if given is None else (channels, *np.atleast_1d(given).tolist())
    if expected is None:
        return None
    if incoming not in (None, expected) or len(expected) != axes + 1 or expected[0] != channels:
        raise ShapeError((channels, *expected[1:]), incoming or expected)
    return expected


def padding_of(parameters: Parameters, axes: int) -> Pair | str:
    """Padding in numbers, `valid`, or `same`, which requires stride 1."""
    padding = parameters["padding"]
    if not isinstance(padding, str):
        return rows_and_columns(parameters, "padding", axes, least=0)
    if padding not in ("same", "valid"):
        raise ShapeError("padding in numbers, 'same' or 'valid'", repr(padding))
    if padding == "same" and np.max(parameters["stride"]) > 1:
        raise ShapeError("stride 1 with padding 'same'", parameters["stride"])
    return padding


def node_convolution(parameters: Parameters, incoming: Shape | None, axes: int) -> FloatConvolution | None:
    """The convolution of a node, or None if the shape that arrives isn't known yet."""
    weight, groups = image_weight(parameters, axes), int(parameters["groups"])
    shape = image_shape(parameters, axes, weight.shape[1] * groups, incoming)
    stride, dilation = (rows_and_columns(parameters, name, axes) for name in ("stride", "dilation"))
    padding = padding_of(parameters, axes)
    if shape is None:
        return None
    image = (shape[0], shape[1], shape[2]) if len(shape) == 3 else (shape[0], 1, shape[1])
    return large_enough(convolution(weight, image, stride, padding, dilation, groups))


def large_enough(conv: FloatConvolution) -> FloatConvolution:
    """The same convolution; a `ShapeError` if its image is smaller than its kernel."""
    if min(conv.output_shape) < 1:
        raise ShapeError("an image no smaller than the kernel", f"an output of {conv.output_shape}")
    return conv


def convolution_shape(parameters: Parameters, incoming: Shape | None, axes: int) -> Shape | None:
    """`(inputs, …)` to `(outputs, …)`."""
    conv = node_convolution(parameters, incoming, axes)
    if conv is None:
        return None
    channels, height, width = conv.output_shape
    return (channels, height, width) if axes == 2 else (channels, width)


def convolution_map(parameters: Parameters, incoming: Shape, axes: int) -> LinearMap:
    """Cross-correlation and a bias for each output channel."""
    conv = node_convolution(parameters, incoming, axes)
    assert conv is not None
    bias = floats(parameters["bias"])
    return LinearMap(conv, np.repeat(bias, conv.shape[0] // len(bias)))


PoolRule = Callable[[ImageShape, Pair, Pair, Pair], FloatConvolution]


def node_pool(parameters: Parameters, incoming: Shape | None, rule: PoolRule) -> FloatConvolution | None:
    """A window that moves over each channel separately, or None if the shape that arrives isn't known yet."""
    kernel, stride = (rows_and_columns(parameters, name, 2) for name in ("kernel_size", "stride"))
    padding = rows_and_columns(parameters, "padding", 2, least=0)
    if incoming is None:
        return None
    if len(incoming) != 3:
        raise ShapeError("(channels, height, width)", incoming)
    channels, height, width = incoming
    return large_enough(rule((channels, height, width), kernel, stride, padding))


def pool_shape(parameters: Parameters, incoming: Shape | None) -> Shape | None:
    """`(channels, …)` to the same number of channels."""
    pool = node_pool(parameters, incoming, sum_pool)
    return None if pool is None else pool.output_shape


def pool_map(parameters: Parameters, incoming: Shape, rule: PoolRule) -> LinearMap:
    """Sum or mean over windows."""
    pool = node_pool(parameters, incoming, rule)
    assert pool is not None
    return LinearMap(pool, np.zeros(pool.shape[0]))


def of_axes(rule: Any, axes: int) -> Any:
    """A rule for convolutions over one or two axes."""
    return partial(rule, axes=axes)


CONVOLUTION = ("weight", "stride", "padding", "dilation", "groups", "bias")
POOL = Primitive(("kernel_size", "stride", "padding"), pool_shape)


def convolution_primitive(axes: int) -> Primitive:
    """Parameters and shapes of a convolution over one or two axes."""
    shape: ShapeRule = of_axes(convolution_shape, axes)
    return Primitive(CONVOLUTION, shape, optional=("input_shape",), texts=("padding",))


PRIMITIVES = {
    "Conv1d": convolution_primitive(1),
    "Conv2d": convolution_primitive(2),
    "SumPool2d": POOL,
    "AvgPool2d": POOL,
}
MAPS: dict[str, MapRule] = {
    "Conv1d": of_axes(convolution_map, 1),
    "Conv2d": of_axes(convolution_map, 2),
    "SumPool2d": partial(pool_map, rule=sum_pool),
    "AvgPool2d": partial(pool_map, rule=average_pool),
}
