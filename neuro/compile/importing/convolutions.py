"""Convolutions as other tools write them: `same` and `valid` padding, one number for both axes.

The geometry is that of torch's `conv2d`: cross-correlation, and padding with zeros.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from quantal.neuro.protocols import Floats
from quantal.neuro.synapses import FloatConvolution
from quantal.neuro.synapses.windows import Pair
from quantal.neuro.synapses.windows import Shape as ImageShape


def pair(value: Any) -> Pair:
    """One number for both axes, or one for each, as (rows, columns)."""
    rows, columns = np.broadcast_to(np.ravel(value), 2).tolist()
    return int(rows), int(columns)


def convolution(
    weight: Floats, image_shape: ImageShape, stride: Pair, padding: Pair | str, dilation: Pair, groups: int
) -> FloatConvolution:
    """A convolution of an image `(channels, height, width)`; `padding` in numbers, `valid`, or `same` with stride 1."""
    if padding == "same":
        weight, padding, dilation = same_padding(weight, dilation)
    zeros = (0, 0) if isinstance(padding, str) else padding
    return FloatConvolution(weight, image_shape, stride, zeros, dilation, groups)


def same_padding(weight: Floats, dilation: Pair) -> tuple[Floats, Pair, Pair]:
    """Kernel, padding and dilation that preserve the size of an image, with equal padding on both sides.

    If this takes an odd number of zeros, the extra zero goes at the end, as in torch: the kernel starts with a zero
    instead, and its dilation is written out.
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
