"""Pooling: each channel's sum or mean over windows, as convolutions with one channel per group."""

from __future__ import annotations

import numpy as np

from quantal.neuro.synapses.convolution import FloatConvolution
from quantal.neuro.synapses.windows import Pair, Shape, is_pool, kernel_size


def sum_pool(input_shape: Shape, size: Pair, stride: Pair, padding: Pair = (0, 0)) -> FloatConvolution:
    """The sum over windows of `size`, `(rows, columns)`, in each channel of an image `(channels, height, width)`."""
    return pool(input_shape, size, stride, padding, 1.0)


def average_pool(input_shape: Shape, size: Pair, stride: Pair, padding: Pair = (0, 0)) -> FloatConvolution:
    """The mean over windows; padding counts as zeros, as in torch's `avg_pool2d` with `count_include_pad=True`."""
    return pool(input_shape, size, stride, padding, share(size))


def pool(input_shape: Shape, size: Pair, stride: Pair, padding: Pair, value: float) -> FloatConvolution:
    """Windows in which every weight is `value`."""
    channels = input_shape[0]
    return FloatConvolution(np.full((channels, 1, *size), value), input_shape, stride, padding, groups=channels)


def share(size: Pair) -> float:
    """The weight of one pixel in the mean of a window."""
    return 1 / (size[0] * size[1])


def is_sum_pool(conv: FloatConvolution) -> bool:
    """Whether a convolution is a sum over windows."""
    return is_pool(conv, 1.0)


def is_average_pool(conv: FloatConvolution) -> bool:
    """Whether a convolution is a mean over windows."""
    return is_pool(conv, share(kernel_size(conv)))
