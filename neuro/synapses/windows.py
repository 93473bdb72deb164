"""Geometry of a convolution: the window of the image that each output unit reads.

The geometry is that of torch's `conv2d`. The units of a population are numbered in C order (channel, row, column), so
that flattening changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from quantal.neuro.arithmetic import Integers

Pair = tuple[int, int]
Shape = tuple[int, int, int]
Number = TypeVar("Number", np.int64, np.float64)

ROUNDING = 4 * float(np.finfo(np.float64).eps)
"""Largest relative rounding error of a pool's weight, from multiplying by a gain and dividing again."""

PATCHES_AT_ONCE = 2**24
"""Number of values that a correlation copies at a time: 128 MB."""

NUMBERS = (
    ("input_shape", ("channels", "height", "width"), 1),
    ("stride", ("rows", "columns"), 1),
    ("padding", ("rows", "columns"), 0),
    ("dilation", ("rows", "columns"), 1),
)
"""Integer fields: name, names of the entries, and smallest legal value."""


class Windows(Protocol):
    """The fields that an integer and a float convolution share."""

    @property
    def weight(self) -> NDArray[Any]: ...
    @property
    def input_shape(self) -> Shape: ...
    @property
    def stride(self) -> Pair: ...
    @property
    def padding(self) -> Pair: ...
    @property
    def dilation(self) -> Pair: ...
    @property
    def groups(self) -> int: ...


def spans(conv: Windows) -> Pair:
    """Rows and columns that a window spans, dilation included."""
    rows, columns = ((size - 1) * step + 1 for size, step in zip(conv.weight.shape[2:], conv.dilation, strict=True))
    return rows, columns


def padded_size(conv: Windows) -> Pair:
    """Rows and columns of the image with its padding."""
    rows, columns = (size + 2 * border for size, border in zip(conv.input_shape[1:], conv.padding, strict=True))
    return rows, columns


def output_shape(conv: Windows) -> Shape:
    """`(channels, height, width)` of the target."""
    sizes = zip(padded_size(conv), spans(conv), conv.stride, strict=True)
    height, width = ((size - span) // step + 1 for size, span, step in sizes)
    return conv.weight.shape[0], height, width


def matrix_shape(conv: Windows) -> Pair:
    """`(target units, source units)`."""
    return int(np.prod(output_shape(conv))), int(np.prod(conv.input_shape))


def kernel_size(conv: Windows) -> Pair:
    """Rows and columns of the kernel."""
    return conv.weight.shape[2], conv.weight.shape[3]


def is_pool(conv: Windows, value: float) -> bool:
    """Whether each channel is read separately, through windows without gaps in which every weight is `value`."""
    separate = conv.groups == conv.input_shape[0] == len(conv.weight)
    return separate and conv.dilation == (1, 1) and bool((abs(conv.weight - value) <= ROUNDING * abs(value)).all())


def tiles(conv: Windows) -> bool:
    """Whether this is a pool whose windows cover every pixel exactly once."""
    size = kernel_size(conv)
    whole = all(length % each == 0 for length, each in zip(conv.input_shape[1:], size, strict=True))
    return whole and conv.stride == size and conv.padding == (0, 0) and is_pool(conv, float(conv.weight.flat[0]))


def window_problems(conv: Windows, kind: type[np.generic], numbers: str) -> Iterator[str]:
    """What is wrong with a convolution with weights of this type, by name; later checks rely on earlier ones."""
    if conv.weight.ndim != 4 or not np.issubdtype(conv.weight.dtype, kind) or not conv.weight.size:
        shape = "(output channels, input channels / groups, height, width)"
        yield f"weight is {conv.weight.dtype} {conv.weight.shape}, expected {numbers} {shape}"
        return
    for name, words, least in NUMBERS:
        value = getattr(conv, name)
        if not (isinstance(value, tuple) and len(value) == len(words) and all(at_least(least, n) for n in value)):
            yield f"{name} is {value!r}, expected whole numbers of {least} or more ({', '.join(words)})"
            return
    yield from channel_problems(conv)
    for span, size, words in zip(spans(conv), padded_size(conv), ("rows", "columns"), strict=True):
        if span > size:
            yield f"the kernel spans {span} {words}, expected at most the {size} of the image and its padding"


def at_least(least: int, number: Any) -> bool:
    """Whether this is a whole number of at least `least`."""
    return isinstance(number, int) and number >= least


def channel_problems(conv: Windows) -> Iterator[str]:
    """Channels that can't be divided into the groups, or that don't match the weight."""
    inputs, outputs = conv.input_shape[0], conv.weight.shape[0]
    if not at_least(1, conv.groups) or inputs % conv.groups or outputs % conv.groups:
        yield f"groups is {conv.groups!r}, expected a divisor of {inputs} input and {outputs} output channels"
    elif conv.weight.shape[1] != inputs // conv.groups:
        yield f"weight has {conv.weight.shape[1]} input channels, expected {inputs} / {conv.groups} (groups)"


def patches(conv: Windows, message: NDArray[Number]) -> NDArray[Number]:
    """Messages that each window reads, `(batch, groups, windows, pixels of a window)`; 0 outside the image."""
    images = message.reshape(len(message), *conv.input_shape)
    border = [(0, 0), (0, 0), *((size, size) for size in conv.padding)]
    views = sliding_window_view(np.pad(images, border), (1, 1, *spans(conv)))
    (down, across), (rows, columns) = conv.stride, conv.dilation
    views = views[:, :, ::down, ::across, 0, 0, ::rows, ::columns]
    split = views.reshape(len(message), conv.groups, -1, *views.shape[2:]).transpose(0, 1, 3, 4, 2, 5, 6)
    return split.reshape(len(message), conv.groups, views.shape[2] * views.shape[3], -1)


def connections(conv: Windows) -> tuple[Integers, Integers, NDArray[Any]]:
    """Target unit, source unit and weight of every connection that isn't zero."""
    # Source units are numbered from 1, because 0 is what `patches` puts outside the image.
    source = patches(conv, np.arange(1, matrix_shape(conv)[1] + 1)[np.newaxis])[0] - 1
    groups, places, seen = source.shape
    weight = conv.weight.reshape(groups, -1, seen)
    connected = (weight[:, :, np.newaxis] != 0) & (source[:, np.newaxis] >= 0)
    group, channel, place, part = np.nonzero(connected)
    target = (group * weight.shape[1] + channel) * places + place
    return target, source[group, place, part], weight[group, channel, part]


def correlated(conv: Windows, weight: NDArray[Number], message: NDArray[Number]) -> NDArray[Number]:
    """`(batch, source units)` to `(batch, target units)`, with a kernel of the same shape as the convolution's own."""
    channels, height, width = output_shape(conv)
    kernels = weight.reshape(conv.groups, channels // conv.groups, -1).transpose(0, 2, 1)
    at_once = max(1, PATCHES_AT_ONCE // (height * width * conv.groups * kernels.shape[1]))
    parts = [message[first : first + at_once] for first in range(0, len(message), at_once)]
    sums: list[NDArray[Any]] = [(patches(conv, part) @ kernels).transpose(0, 1, 3, 2) for part in parts]
    return np.concatenate(sums).reshape(len(message), channels * height * width)


def summed_in_order(conv: Windows, message: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(batch, source units)` to `(batch, target units)` in floating point, each sum in the order of the source units.

    The order decides how a sum of floats is rounded; summing in this order reproduces it to the last bit.
    """
    channels, height, width = output_shape(conv)
    seen = patches(conv, message.astype(np.float64, copy=False)).transpose(1, 3, 0, 2)
    weight = conv.weight.reshape(conv.groups, channels // conv.groups, -1)
    sums = np.zeros((len(message), conv.groups, channels // conv.groups, height * width))
    for group in range(conv.groups):
        for part, values in enumerate(seen[group]):
            sums[:, group] += weight[group, :, part, np.newaxis] * values[:, np.newaxis]
    return sums.reshape(len(message), channels * height * width)
