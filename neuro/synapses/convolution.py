"""Convolution: one small kernel of weights at every position of an image, as in torch's `conv2d`.

    a[o, y, x] = Σ weight[o, c, i, j] · m[first(o) + c, y · stride + i · dilation − padding, likewise x and j]

where messages outside the image are 0 and `first(o)` is the first input channel of the group of o. All positions share
the kernel, so every operation on weights works on the kernel and not on the matrix that it stands for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy
from numpy.typing import NDArray

from quantal.neuro.arithmetic import Integers
from quantal.neuro.protocols import Bound, Floats, FloatWeight, Interval
from quantal.neuro.synapses.reach import reach
from quantal.neuro.synapses.sparse import from_matrix
from quantal.neuro.synapses.storage import WEIGHT_TYPE, Stored, store
from quantal.neuro.synapses.windows import (
    Pair,
    Shape,
    connections,
    correlated,
    kernel_size,
    matrix_shape,
    output_shape,
    summed_in_order,
    tiles,
    window_problems,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class ConvolutionGeometry:
    """A kernel and how it moves over an image.

    Parameters
    ----------
    weight
        `(output channels, input channels / groups, height, width)`.
    input_shape
        `(channels, height, width)` of the source. Its units are numbered in that order, and so are those of the target.
    stride, padding, dilation
        `(rows, columns)` each.
    groups
        Number of groups that the channels are divided into; an output channel reads the inputs of its own group only.
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
class Convolution(ConvolutionGeometry):
    """`a = W m` with W given by one kernel that moves over the image; parameters as in `ConvolutionGeometry`."""

    weight: Stored

    def __post_init__(self) -> None:
        store(self, weight=WEIGHT_TYPE)

    def problems(self) -> list[str]:
        return [*window_problems(self, np.signedinteger, "whole numbers")]

    def apply(self, message: Integers) -> Integers:
        return correlated(self, self.weight.astype(np.int64), message)

    def values(self) -> Stored:
        return self.weight.ravel()

    def entries(self) -> tuple[Integers, Integers, Integers]:
        target, source, weight = connections(self)
        return target, source, weight.astype(np.int64)

    def reach(self, lowest: Bound, highest: Bound) -> Interval:
        def total(sign: np.ufunc, message: Bound) -> Integers:
            messages = np.ones(self.shape[1], np.int64) if np.ndim(message) == 0 else message
            return correlated(self, sign(self.weight.astype(np.int64), 0), np.asarray(messages)[np.newaxis])[0]

        return reach(total, lowest, highest)


@dataclass(frozen=True, eq=False)
class FloatConvolution(ConvolutionGeometry):
    """A convolution in physical units, as a `Graph` holds it; parameters as in `ConvolutionGeometry`."""

    weight: Floats

    def problems(self) -> list[str]:
        return [*window_problems(self, np.float64, "float64")]

    def values(self) -> Floats:
        return self.weight

    def mapped(self, function: Callable[[Floats], Floats]) -> FloatConvolution:
        return replace(self, weight=function(self.weight))

    def scaled(self, factor: float) -> FloatConvolution:
        return replace(self, weight=self.weight * factor)

    def minus(self, other: FloatWeight) -> FloatConvolution:
        return replace(self, weight=self.weight - other.values())

    def plus(self, other: FloatWeight) -> FloatWeight:
        return from_matrix(self.to_matrix() + other.to_matrix())

    def after(self, before: FloatWeight) -> FloatWeight:
        merged = after_pool(self, before) if isinstance(before, FloatConvolution) else None
        return merged or from_matrix(self.to_matrix() @ before.to_matrix())

    def by_row(self, operation: np.ufunc, numbers: Floats) -> FloatWeight:
        """A convolution if all units of a channel share their number, otherwise a matrix."""
        shared = self.by_channel(numbers)
        if shared is None:
            return from_matrix(self.to_matrix()).by_row(operation, numbers)
        return replace(self, weight=operation(self.weight, shared[:, np.newaxis, np.newaxis, np.newaxis]))

    def by_channel(self, numbers: Floats) -> Floats | None:
        """One number per channel from one per target unit, `(target units,)`; None if units of a channel differ."""
        channels = numbers.reshape(len(self.weight), -1)
        return channels[:, 0] if (channels == channels[:, :1]).all() else None

    def row_sizes(self) -> Floats:
        return correlated(self, np.abs(self.weight), np.ones((1, self.shape[1])))[0]

    def apply(self, message: Floats) -> Floats:
        return summed_in_order(self, message)

    def quantise(self) -> Convolution:
        mantissas = np.rint(self.weight).astype(np.int64)
        return Convolution(mantissas, self.input_shape, self.stride, self.padding, self.dilation, self.groups)

    def to_matrix(self) -> csr_array:
        target, source, weight = self.entries()
        return scipy.sparse.csr_array((weight, (target, source)), shape=self.shape)

    def to_dense(self) -> Floats:
        return self.to_matrix().toarray()


def after_pool(conv: FloatConvolution, before: FloatConvolution) -> FloatConvolution | None:
    """The pool `before`, then `conv`, as one kernel, if the pool's windows tile the image; else None.

    The mean of k × k pixels and then a kernel of m × m is one kernel of k m × k m.
    """
    if conv.dilation != (1, 1) or conv.input_shape != before.output_shape or not tiles(before):
        return None
    # Each weight is repeated for every pixel of the window whose sum or mean it takes.
    weight = np.asarray(np.kron(conv.weight, before.weight[:1]), np.float64)
    (down, across), (rows, columns) = conv.stride, kernel_size(before)
    stride, padding = (down * rows, across * columns), (conv.padding[0] * rows, conv.padding[1] * columns)
    return replace(conv, weight=weight, input_shape=before.input_shape, stride=stride, padding=padding)
