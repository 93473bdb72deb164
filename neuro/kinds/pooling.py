"""Pooling: each channel's sum or mean over windows, as convolutions of one channel a group."""

from __future__ import annotations

import numpy as np

from neuro.kinds.convolution import Convolution, FloatConvolution
from neuro.kinds.windows import Pair, Shape


def sum_pool(input_shape: Shape, size: Pair, stride: Pair, padding: Pair = (0, 0)) -> Convolution:
    """The sum over windows of `size` (rows, columns) in each channel of a picture (channels, height, width)."""
    channels = input_shape[0]
    return Convolution(np.ones((channels, 1, *size), np.int64), input_shape, stride, padding, groups=channels)


def average_pool(input_shape: Shape, size: Pair, stride: Pair, padding: Pair = (0, 0)) -> FloatConvolution:
    """The mean over windows; padding counts as zeros, as in torch's `avg_pool2d` with `count_include_pad`."""
    channels = input_shape[0]
    weight = np.full((channels, 1, *size), 1 / (size[0] * size[1]))
    return FloatConvolution(weight, input_shape, stride, padding, groups=channels)
