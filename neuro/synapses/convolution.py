"""Convolution: one small kernel of weights at every place of a picture, as in torch's `conv2d`.

    a[o, y, x] = Σ weight[o, c, i, j] · m[first(o) + c, y · stride + i · dilation − padding, likewise x and j]

with messages outside the picture 0, and `first(o)` the first input channel of the group that o is in. The weights are
shared, so whatever works on weights works on the kernel, never on the matrix that it stands for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.arithmetic import Integers
from quantal.neuro.protocols import Floats, Interval
from quantal.neuro.synapses.windows import (
    Pair,
    Shape,
    connections,
    correlated,
    matrix_shape,
    output_shape,
    summed_in_order,
    window_problems,
)


@dataclass(frozen=True, eq=False)
class SlidingKernel:
    """A kernel, and how it moves over a picture.

    Parameters
    ----------
    weight
        `(output channels, input channels / groups, height, width)`.
    input_shape
        `(channels, height, width)` of the source; its units lie in that order, and so do the target's.
    stride, padding, dilation
        `(rows, columns)` each.
    groups
        Channels are cut into so many parts; the outputs of a part see the inputs of that part only.
    """

    weight: NDArray[Any]
    input_shape: Shape
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    @property
    def output_shape(self) -> Shape:
        """`(channels, height, width)` of the target."""
        return output_shape(self)

    @property
    def shape(self) -> Pair:
        """`(target units, source units)`."""
        return matrix_shape(self)

    def entries(self) -> tuple[Integers, Integers, NDArray[Any]]:
        """Target unit, source unit and weight of every connection that isn't zero."""
        return connections(self)


@dataclass(frozen=True, eq=False)
class Convolution(SlidingKernel):
    """`a = W m` with W given by one kernel that moves over the picture; parameters as in `SlidingKernel`."""

    weight: Integers

    def problems(self) -> list[str]:
        return [*window_problems(self, "int64")]

    def apply(self, message: Integers) -> Integers:
        return correlated(self, self.weight, message)

    def values(self) -> Integers:
        return self.weight.ravel()

    def reach(self, lowest: int, highest: int) -> Interval:
        ones = np.ones((1, self.shape[1]), np.int64)
        up, down = (correlated(self, sign(self.weight, 0), ones)[0] for sign in (np.maximum, np.minimum))
        return up * lowest + down * highest, up * highest + down * lowest


@dataclass(frozen=True, eq=False)
class FloatConvolution(SlidingKernel):
    """A convolution in physical units, as a `Graph` carries it; parameters as in `SlidingKernel`."""

    weight: Floats

    def problems(self) -> list[str]:
        return [*window_problems(self, "float64")]

    def apply(self, message: Floats) -> Floats:
        return summed_in_order(self, message)

    def row_sizes(self) -> Floats:
        """Sum of the sizes of each target unit's weights, `(target units,)`."""
        return correlated(self, np.abs(self.weight), np.ones((1, self.shape[1])))[0]

    def quantise(self, mantissas: Integers) -> Convolution:
        """The integer convolution with these weights, and the same windows."""
        return Convolution(mantissas, self.input_shape, self.stride, self.padding, self.dilation, self.groups)
