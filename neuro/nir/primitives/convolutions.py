"""Linear maps of images: Conv1d, Conv2d, SumPool2d, AvgPool2d, each as a convolution.

A signal `(channels, length)` is treated as an image of height 1. Padding is with zeros. `same` pads so that the size
stays; of an odd number of zeros the larger part goes behind, as in torch. An average divides by the whole window,
zeros of the padding included.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from quantal.neuro.nir.primitives.primitive import (
    LinearMap,
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
from quantal.neuro.synapses.composing import sides_of
from quantal.neuro.synapses.pooling import average_pool, sum_pool
from quantal.neuro.synapses.windows import Pair
from quantal.neuro.synapses.windows import Shape as PictureShape


def pair(value: Any, axes: int, besides: int) -> Pair:
    """A number for each axis, or one for all, as height and width; `besides` is the height of a signal's."""
    numbers = [int(number) for number in np.broadcast_to(np.asarray(value).ravel(), (axes,))]
    return (numbers[0], numbers[1]) if axes == 2 else (besides, numbers[0])


def along(parameters: Parameters, name: str, axes: int, least: int = 1) -> Pair:
    """Stride, dilation, window or padding along height and width."""
    numbers = pair(parameters[name], axes, besides=least)
    if min(numbers) < least:
        raise ShapeError(f"{name} of at least {least}", parameters[name])
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
    """The shape that a convolution takes, as it says itself or as it arrives."""
    given = parameters.get("input_shape")
    expected = incoming if given is None else (channels, *np.atleast_1d(given).tolist())
    if expected is None:
        return None
    if incoming not in (None, expected) or len(expected) != axes + 1 or expected[0] != channels:
        raise ShapeError((channels, *expected[1:]), incoming or expected)
    return expected


def convolution(parameters: Parameters, incoming: Shape | None, axes: int) -> FloatConvolution | None:
    """A convolution in the shape that arrives, or None where that isn't known yet."""
    weight, groups = image_weight(parameters, axes), int(parameters["groups"])
    shape = image_shape(parameters, axes, weight.shape[1] * groups, incoming)
    stride, dilation = along(parameters, "stride", axes), along(parameters, "dilation", axes)
    padding = parameters["padding"]
    if not isinstance(padding, str):
        return fitting(weight, shape, stride, along(parameters, "padding", axes, least=0), dilation, groups)
    if padding not in ("same", "valid"):
        raise ShapeError("padding in numbers, 'same' or 'valid'", repr(padding))
    if padding == "valid":
        return fitting(weight, shape, stride, (0, 0), dilation, groups)
    if max(stride) > 1:
        raise ShapeError("stride 1 with padding 'same'", parameters["stride"])
    weight, zeros, dilation = centred(weight, dilation)
    return fitting(weight, shape, (1, 1), zeros, dilation, groups)


def centred(weight: Floats, dilation: Pair) -> tuple[Floats, Pair, Pair]:
    """Kernel, padding and dilation that keep the size of an image with as many zeros before it as behind.

    Where that takes an odd number of them, a zero goes in front of a kernel without dilation.
    """
    spans = [(size - 1) * step + 1 for size, step in zip(weight.shape[2:], dilation, strict=True)]
    front = [(span - 1) % 2 for span in spans]
    height, width = spans[0] + front[0], spans[1] + front[1]
    padding = height // 2, width // 2
    if not any(front):
        return weight, padding, dilation
    wide = np.zeros((*weight.shape[:2], height, width))
    wide[:, :, front[0] :: dilation[0], front[1] :: dilation[1]] = weight
    return wide, padding, (1, 1)


def fitting(
    weight: Floats, shape: Shape | None, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> FloatConvolution | None:
    """A convolution of an image that is no smaller than the kernel."""
    if shape is None:
        return None
    image = (shape[0], shape[1], shape[2]) if len(shape) == 3 else (shape[0], 1, shape[1])
    return large_enough(FloatConvolution(weight, image, stride, padding, dilation, groups))


def large_enough(made: FloatConvolution) -> FloatConvolution:
    """A convolution of a picture in which its kernel has room."""
    if min(made.output_shape) < 1:
        raise ShapeError("an image no smaller than the kernel", f"an outcome of {made.output_shape}")
    return made


def convolution_shape(parameters: Parameters, incoming: Shape | None, axes: int) -> Shape | None:
    """`(inputs, …)` to `(outputs, …)`."""
    made = convolution(parameters, incoming, axes)
    if made is None:
        return None
    channels, height, width = made.output_shape
    return (channels, height, width) if axes == 2 else (channels, width)


def convolution_map(parameters: Parameters, incoming: Shape, axes: int) -> LinearMap:
    """Cross-correlation and a bias for each output channel."""
    made = convolution(parameters, incoming, axes)
    assert made is not None
    bias = floats(parameters["bias"])
    return LinearMap(made, np.repeat(bias, sides_of(made)[0] // len(bias)))


PoolRule = Callable[[PictureShape, Pair, Pair, Pair], FloatConvolution]


def pool(parameters: Parameters, incoming: Shape | None, rule: PoolRule) -> FloatConvolution | None:
    """A window that moves over each channel by itself, or None where the shape that arrives isn't known yet."""
    kernel, stride = along(parameters, "kernel_size", 2), along(parameters, "stride", 2)
    padding = along(parameters, "padding", 2, least=0)
    if incoming is None:
        return None
    if len(incoming) != 3:
        raise ShapeError("(channels, height, width)", incoming)
    channels, height, width = incoming
    return large_enough(rule((channels, height, width), kernel, stride, padding))


def pool_shape(parameters: Parameters, incoming: Shape | None) -> Shape | None:
    """`(channels, …)` to as many channels."""
    made = pool(parameters, incoming, sum_pool)
    return None if made is None else made.output_shape


def pool_map(rule: PoolRule) -> MapRule:
    """Sum or mean over windows."""

    def windows(parameters: Parameters, incoming: Shape) -> LinearMap:
        made = pool(parameters, incoming, rule)
        assert made is not None
        return LinearMap(made, np.zeros(sides_of(made)[0]))

    return windows


def of_axes(rule: Any, axes: int) -> Any:
    """A rule for convolutions over so many axes."""
    return partial(rule, axes=axes)


CONVOLUTION = ("weight", "stride", "padding", "dilation", "groups", "bias")
POOL = Primitive(("kernel_size", "stride", "padding"), pool_shape)


def convolution_primitive(axes: int) -> Primitive:
    """What is said of a convolution over so many axes."""
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
    "SumPool2d": pool_map(sum_pool),
    "AvgPool2d": pool_map(average_pool),
}
