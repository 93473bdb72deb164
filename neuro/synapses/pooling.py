"""Pooling: each channel's sum or mean over windows, as convolutions of one channel a group."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quantal.neuro.synapses.convolution import FloatConvolution
from quantal.neuro.synapses.windows import Pair, Shape

ROUNDING = 4 * float(np.finfo(np.float64).eps)
"""How far a weight may be from that of a pool, as a share of it: what a gain and its inverse leave behind."""


def sum_pool(input_shape: Shape, size: Pair, stride: Pair, padding: Pair = (0, 0)) -> FloatConvolution:
    """The sum over windows of `size` (rows, columns) in each channel of a picture (channels, height, width)."""
    return pool(input_shape, size, stride, padding, 1.0)


def average_pool(input_shape: Shape, size: Pair, stride: Pair, padding: Pair = (0, 0)) -> FloatConvolution:
    """The mean over windows; padding counts as zeros, as in torch's `avg_pool2d` with `count_include_pad`."""
    return pool(input_shape, size, stride, padding, share(size))


def pool(input_shape: Shape, size: Pair, stride: Pair, padding: Pair, value: float) -> FloatConvolution:
    """Windows of one number."""
    channels = input_shape[0]
    return FloatConvolution(np.full((channels, 1, *size), value), input_shape, stride, padding, groups=channels)


def share(size: Pair) -> float:
    """What one place of a window adds to its mean."""
    return 1 / (size[0] * size[1])


def is_sum_pool(conv: FloatConvolution) -> bool:
    """Whether a convolution is a sum over windows."""
    return is_pool(conv, 1.0)


def is_average_pool(conv: FloatConvolution) -> bool:
    """Whether a convolution is a mean over windows."""
    return is_pool(conv, share(size_of(conv)))


def is_pool(conv: FloatConvolution, value: float) -> bool:
    """Whether each channel is seen by itself, through windows without gaps that hold `value` everywhere."""
    alone = conv.groups == conv.input_shape[0] == len(conv.weight)
    return alone and conv.dilation == (1, 1) and bool((abs(conv.weight - value) <= ROUNDING * abs(value)).all())


def tiles(conv: FloatConvolution) -> bool:
    """Whether this is a pool whose windows lie side by side and hold every pixel once."""
    size = size_of(conv)
    whole = all(length % each == 0 for length, each in zip(conv.input_shape[1:], size, strict=True))
    return whole and conv.stride == size and conv.padding == (0, 0) and is_pool(conv, float(conv.weight.flat[0]))


def size_of(conv: FloatConvolution) -> Pair:
    """Rows and columns of a kernel."""
    return conv.weight.shape[2], conv.weight.shape[3]


def after_pool(conv: FloatConvolution, before: FloatConvolution) -> FloatConvolution | None:
    """The pool `before`, then `conv`, as one kernel, if windows of the pool tile the picture.

    The mean of k × k pixels and then a kernel of m × m places is one kernel of k m × k m places.
    """
    if conv.dilation != (1, 1) or conv.input_shape != before.output_shape or not tiles(before):
        return None
    # Each weight stands at each of the pixels that it gets the sum or mean of.
    weight = np.asarray(np.kron(conv.weight, before.weight[:1]), np.float64)
    (down, across), (rows, columns) = conv.stride, size_of(before)
    stride, padding = (down * rows, across * columns), (conv.padding[0] * rows, conv.padding[1] * columns)
    return replace(conv, weight=weight, input_shape=before.input_shape, stride=stride, padding=padding)
