"""Convolutions that keep their one kernel.

A kernel that every place shares is small on disk, in memory and in the engine, so a convolution between two cells stays
one where a population can receive it. Pooling before it is part of it, as long as windows neither overlap nor leave
pixels over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import nn

from quantal.neuro.synapses import FloatConvolution
from quantal.neuro.synapses.pooling import after_pool, average_pool
from quantal.neuro.synapses.windows import Pair
from quantal.training.export.cells import Shape, numbers
from quantal.training.export.modules import Leaf


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
    """`AvgPool2d`, then `Conv2d`, where the windows of the pool tile the picture."""
    if pool.divisor_override is not None:
        return None
    channels, height, width = shape
    before = average_pool((channels, height, width), pair(pool.kernel_size), pair(pool.stride), pair(pool.padding))
    after = plain(convolution, before.output_shape)
    return None if after is None else after_pool(after, before)


ROWS: dict[tuple[type, ...], Callable[..., FloatConvolution | None]] = {
    (nn.Conv2d,): plain,
    (nn.AvgPool2d, nn.Conv2d): pooled,
}
"""Rows of modules that may be one convolution."""


def zeros_around(convolution: nn.Conv2d) -> Pair | None:
    """How many zeros a convolution puts before and after each axis; None if it's not as many, or not zeros."""
    if convolution.padding_mode != "zeros" or convolution.padding == "same":
        return None
    return (0, 0) if convolution.padding == "valid" else pair(convolution.padding)


def pair(value: Any) -> Pair:
    """One number for both axes, or one for each."""
    rows, columns = np.broadcast_to(value, 2).tolist()
    return rows, columns
