"""Linear maps of images: Conv1d, Conv2d, SumPool2d, AvgPool2d.

A signal `(channels, length)` is treated as an image of height 1. Padding is with zeros. `same` pads so that the size
stays; of an odd number of zeros the larger part goes behind, as in torch. An average divides by the whole window,
zeros of the padding included.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from neuro.exchange.primitive import LinearMap, MapRule, Parameters, Primitive, Shape, ShapeError, ShapeRule, floats
from neuro.linear import Sides, convolution, output_size, sides_of, sum_pool

Pair = tuple[int, int]
Image = tuple[int, int, int]


def pair(value: Any, axes: int) -> Pair:
    """A number for each axis, or one for all, as height and width; a signal has height 1."""
    numbers = [int(number) for number in np.broadcast_to(np.asarray(value).ravel(), (axes,))]
    return (numbers[0], numbers[1]) if axes == 2 else (0, numbers[0])


def along(parameters: Parameters, name: str, axes: int) -> Pair:
    """Stride or dilation, at least 1."""
    height, width = pair(parameters[name], axes)
    if width < 1 or (axes == 2 and height < 1):
        raise ShapeError(f"{name} of at least 1", parameters[name])
    return max(height, 1), width


def sides(parameters: Parameters, kernel: Pair, axes: int) -> Sides:
    """Zeros before and behind, along height and width."""
    padding = parameters["padding"]
    if not isinstance(padding, str):
        height, width = pair(padding, axes)
        if min(height, width) < 0:
            raise ShapeError("padding of at least 0", padding)
        return (height, height), (width, width)
    if padding not in ("same", "valid"):
        raise ShapeError("padding in numbers, 'same' or 'valid'", repr(padding))
    if padding == "same" and max(along(parameters, "stride", axes)) > 1:
        raise ShapeError("stride 1 with padding 'same'", parameters["stride"])
    dilation = along(parameters, "dilation", axes)
    total = [(size - 1) * step if padding == "same" else 0 for size, step in zip(kernel, dilation, strict=True)]
    return (total[0] // 2, total[0] - total[0] // 2), (total[1] // 2, total[1] - total[1] // 2)


def image_weight(parameters: Parameters, axes: int) -> np.ndarray:
    """Weight `(outputs, inputs / groups, height, width)`."""
    weight = floats(parameters["weight"])
    if weight.ndim != axes + 2:
        raise ShapeError(f"weight with {axes + 2} axes", weight.shape)
    return weight if axes == 2 else weight[:, :, None, :]


def image_in(parameters: Parameters, axes: int, incoming: Shape | None) -> Image | None:
    """The image `(channels, height, width)` that a convolution takes."""
    weight, groups = image_weight(parameters, axes), int(parameters["groups"])
    if groups < 1 or weight.shape[0] % groups:
        raise ShapeError(f"groups that divide {weight.shape[0]} outputs", groups)
    if np.shape(parameters["bias"]) != weight.shape[:1]:
        raise ShapeError(f"bias {weight.shape[:1]}", np.shape(parameters["bias"]))
    given = parameters.get("input_shape")
    expected = incoming if given is None else (weight.shape[1] * groups, *np.atleast_1d(given).tolist())
    if expected is None:
        return None
    if incoming not in (None, expected) or len(expected) != axes + 1 or expected[0] != weight.shape[1] * groups:
        raise ShapeError((weight.shape[1] * groups, *expected[1:]), incoming or expected)
    return as_image(expected, axes)


def as_image(shape: Shape, axes: int) -> Image:
    """`(channels, height, width)`."""
    return (shape[0], shape[1], shape[2]) if axes == 2 else (shape[0], 1, shape[1])


def as_shape(image: Image, axes: int) -> Shape:
    """An image in as many axes as the node counts."""
    if min(image) < 1:
        raise ShapeError("an image no smaller than the kernel", f"an outcome of {image}")
    return image if axes == 2 else (image[0], image[2])


def out_image(channels: int, image: Image, kernel: Pair, stride: Pair, padding: Sides, dilation: Pair) -> Image:
    """What a kernel makes of an image."""
    height, width = (
        output_size(image[axis + 1], kernel[axis], stride[axis], padding[axis], dilation[axis]) for axis in (0, 1)
    )
    return channels, height, width


def convolution_shape(parameters: Parameters, incoming: Shape | None, axes: int) -> Shape | None:
    """`(inputs, …)` to `(outputs, …)`."""
    image = image_in(parameters, axes, incoming)
    if image is None:
        return None
    weight = image_weight(parameters, axes)
    kernel: Pair = (weight.shape[2], weight.shape[3])
    stride, dilation = along(parameters, "stride", axes), along(parameters, "dilation", axes)
    padding = sides(parameters, kernel, axes)
    return as_shape(out_image(weight.shape[0], image, kernel, stride, padding, dilation), axes)


def convolution_map(parameters: Parameters, incoming: Shape, axes: int) -> LinearMap:
    """Cross-correlation and a bias for each output channel."""
    weight = image_weight(parameters, axes)
    padding = sides(parameters, (weight.shape[2], weight.shape[3]), axes)
    stride, dilation = along(parameters, "stride", axes), along(parameters, "dilation", axes)
    image = as_image(incoming, axes)
    matrix = convolution(weight, image, stride, padding, dilation, int(parameters["groups"]))
    bias = floats(parameters["bias"])
    return LinearMap(matrix, np.repeat(bias, sides_of(matrix)[0] // len(bias)))


def pooling(parameters: Parameters) -> tuple[Pair, Pair, Sides]:
    """Window, stride and padding of a pool."""
    kernel, stride = along(parameters, "kernel_size", 2), along(parameters, "stride", 2)
    return kernel, stride, sides(parameters, kernel, 2)


def pool_shape(parameters: Parameters, incoming: Shape | None) -> Shape | None:
    """`(channels, …)` to as many channels."""
    kernel, stride, padding = pooling(parameters)
    if incoming is None:
        return None
    if len(incoming) != 3:
        raise ShapeError("(channels, height, width)", incoming)
    return as_shape(out_image(incoming[0], as_image(incoming, 2), kernel, stride, padding, (1, 1)), 2)


def sum_map(parameters: Parameters, incoming: Shape) -> LinearMap:
    """Sum over windows."""
    kernel, stride, padding = pooling(parameters)
    matrix = sum_pool(kernel, as_image(incoming, 2), stride, padding)
    return LinearMap(matrix, np.zeros(sides_of(matrix)[0]))


def average_map(parameters: Parameters, incoming: Shape) -> LinearMap:
    """Mean over windows."""
    summed = sum_map(parameters, incoming)
    return LinearMap(summed.matrix / float(np.prod(pooling(parameters)[0])), summed.constant)


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
    "SumPool2d": sum_map,
    "AvgPool2d": average_map,
}
