"""Convolutions that keep their one kernel.

A kernel that every place shares is small on disk, in memory and in the engine, so a convolution between two cells stays
one where a population can receive it. Pooling before it is part of it: the mean of k × k pixels and then a kernel of
m × m places is one kernel of k m × k m places, as long as windows neither overlap nor leave pixels over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import nn

from neuro.kinds import FloatConvolution
from training.export.cells import Shape, numbers
from training.export.modules import Leaf

Pair = tuple[int, int]


def convolution_of(run: Sequence[Leaf], shape: Shape) -> FloatConvolution | None:
    """Linear modules in a row as one convolution, if they are one; biases are left out."""
    modules = [leaf.module for leaf in run if type(leaf.module) is not nn.Flatten]
    make = ROWS.get(tuple(type(module) for module in modules))
    return make(*modules, shape) if make and len(shape) == 3 else None


def plain(convolution: nn.Conv2d, shape: Shape) -> FloatConvolution | None:
    """`Conv2d` where it pads with zeros, as much before as after."""
    padding = zeros_around(convolution)
    if padding is None:
        return None
    weight, (channels, height, width) = numbers(convolution.weight), shape
    windows = pair(convolution.stride), padding, pair(convolution.dilation)
    return FloatConvolution(weight, (channels, height, width), *windows, convolution.groups)


def pooled(pool: nn.AvgPool2d, convolution: nn.Conv2d, shape: Shape) -> FloatConvolution | None:
    """`AvgPool2d`, then `Conv2d`."""
    padding, (channels, height, width) = zeros_around(convolution), shape
    rows, columns = pair(pool.kernel_size)
    if padding is None or pair(convolution.dilation) != (1, 1) or not tiles(pool, shape):
        return None
    # Each weight stands at each of the pixels that it gets the mean of.
    mean = np.full((1, 1, rows, columns), 1 / (rows * columns))
    weight = np.asarray(np.kron(numbers(convolution.weight), mean), np.float64)
    stride = (convolution.stride[0] * rows, convolution.stride[1] * columns)
    padding = (padding[0] * rows, padding[1] * columns)
    return FloatConvolution(weight, (channels, height, width), stride, padding, (1, 1), convolution.groups)


ROWS: dict[tuple[type, ...], Callable[..., FloatConvolution | None]] = {
    (nn.Conv2d,): plain,
    (nn.AvgPool2d, nn.Conv2d): pooled,
}
"""Rows of modules that may be one convolution."""


def tiles(pool: nn.AvgPool2d, shape: Shape) -> bool:
    """Whether the windows of a pool lie side by side and hold every pixel once."""
    kernel = pair(pool.kernel_size)
    fits = all(size % each == 0 for size, each in zip(shape[1:], kernel, strict=True))
    return fits and pair(pool.stride) == kernel and pair(pool.padding) == (0, 0) and pool.divisor_override is None


def zeros_around(convolution: nn.Conv2d) -> Pair | None:
    """How many zeros a convolution puts before and after each axis; None if it's not as many, or not zeros."""
    if convolution.padding_mode != "zeros" or convolution.padding == "same":
        return None
    return (0, 0) if convolution.padding == "valid" else pair(convolution.padding)


def pair(value: Any) -> Pair:
    """One number for both axes, or one for each."""
    rows, columns = np.broadcast_to(value, 2).tolist()
    return rows, columns
