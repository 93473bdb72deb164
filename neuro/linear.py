"""Linear maps as matrices, so that any chain of them becomes one matrix: convolutions, pools, stacks of blocks.

Units of an image `(channels, height, width)` are counted with the width fastest, as NumPy and torch flatten it.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import block_diag, csr_array, eye_array

Floats = NDArray[np.float64]
Matrix: TypeAlias = "Floats | csr_array"
"""`(target units, source units)`."""
Sides = tuple[tuple[int, int], tuple[int, int]]
"""Zeros before and after the image, along its height and its width."""


def output_size(size: int, kernel: int, stride: int, padding: tuple[int, int], dilation: int) -> int:
    """Places of a kernel along an axis of `size` places, not counting one that would not fit whole."""
    return (size + sum(padding) - dilation * (kernel - 1) - 1) // stride + 1


def convolution(
    weight: Floats,
    input_shape: tuple[int, int, int],
    stride: tuple[int, int] = (1, 1),
    padding: Sides = ((0, 0), (0, 0)),
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
) -> csr_array:
    """The matrix of a cross-correlation, as torch's `conv2d`.

    `y[o, i, j] = Σ weight[o, c, k, l] x[c', i·stride + k·dilation − padding, …]` over c, k, l, where c' counts the
    channels of the group that o is in.

    Parameters
    ----------
    weight
        `(output channels, input channels / groups, height, width)`.
    input_shape
        `(channels, height, width)`.
    stride, padding, dilation
        Along height and width.
    groups
        Into how many parts the channels are split that don't see each other.
    """
    rows, row_kernel, row_source = places(input_shape[1], weight.shape[2], stride[0], padding[0], dilation[0])
    columns, column_kernel, column_source = places(input_shape[2], weight.shape[3], stride[1], padding[1], dilation[1])
    height = output_size(input_shape[1], weight.shape[2], stride[0], padding[0], dilation[0])
    width = output_size(input_shape[2], weight.shape[3], stride[1], padding[1], dilation[1])
    out, inner = (index.reshape(-1, 1, 1) for index in np.indices(weight.shape[:2]))
    channel = out // (weight.shape[0] // groups) * weight.shape[1] + inner
    target = (out * height + rows[:, None]) * width + columns
    source = (channel * input_shape[1] + row_source[:, None]) * input_shape[2] + column_source
    value = weight[out, inner, row_kernel[:, None], column_kernel]
    shape = (weight.shape[0] * height * width, int(np.prod(input_shape)))
    return csr_array((value.ravel(), (target.ravel(), source.ravel())), shape=shape)


def places(
    size: int, kernel: int, stride: int, padding: tuple[int, int], dilation: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Every (target, kernel, source) place along one axis whose source lies inside the image."""
    target, offset = np.indices((output_size(size, kernel, stride, padding, dilation), kernel)).reshape(2, -1)
    source = target * stride + offset * dilation - padding[0]
    inside = (source >= 0) & (source < size)
    return target[inside], offset[inside], source[inside]


def sum_pool(
    kernel: tuple[int, int], input_shape: tuple[int, int, int], stride: tuple[int, int], padding: Sides
) -> csr_array:
    """The matrix of a sum over windows, each channel by itself."""
    ones = np.ones((input_shape[0], 1, *kernel))
    return convolution(ones, input_shape, stride, padding, groups=input_shape[0])


def blocks(weight: Floats) -> Matrix:
    """A stack of matrices `(…, targets, sources)` as one, each acting on its own part; a single one as it is."""
    if weight.ndim == 2:
        return weight
    return csr_array(block_diag([*weight.reshape(-1, *weight.shape[-2:])], format="csr"))


def identity(size: int) -> csr_array:
    """What leaves everything as it is."""
    return csr_array(eye_array(size, format="csr"))


def chained(outer: Matrix, inner: Matrix) -> Matrix:
    """The map that does `inner`, then `outer`."""
    return outer @ inner


def scaled(gain: Floats, matrix: Matrix) -> Matrix:
    """The rows of a matrix times `gain`, `(targets,)`."""
    if isinstance(matrix, np.ndarray):
        return gain[:, None] * matrix
    return csr_array(matrix.multiply(gain[:, None]))


def sides_of(matrix: Matrix) -> tuple[int, int]:
    """Number of rows and of columns."""
    rows, columns = matrix.shape  # type: ignore[misc]  # SciPy's stubs leave the number of axes open.
    return int(rows), int(columns)


def dense(matrix: Matrix) -> Floats:
    """The same matrix with its zeros."""
    return np.asarray(matrix if isinstance(matrix, np.ndarray) else matrix.toarray(), np.float64)
