"""Linear maps that become one: chains of weights, gains of their rows, stacks of blocks.

A convolution stays one kernel as long as it is alone on its way, or comes after a pool that tiles its picture, and its
gains are those of its channels; else it becomes the matrix that it stands for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from scipy.sparse import block_diag, csr_array, eye_array

from quantal.neuro.protocols import Floats
from quantal.neuro.synapses import FloatConvolution
from quantal.neuro.synapses.forms import FloatWeight, Matrix, form_of
from quantal.neuro.synapses.pooling import after_pool


@dataclass(frozen=True)
class Identity:
    """What leaves everything as it is, of so many units."""

    size: int


Map: TypeAlias = "FloatWeight | Identity"


def matrix_of(weight: Map) -> Matrix:
    """The matrix that a map stands for, `(target units, source units)`."""
    if isinstance(weight, Identity):
        return csr_array(eye_array(weight.size, format="csr"))
    return form_of(weight).matrix(weight)


def dense(weight: Map) -> Floats:
    """The same with its zeros."""
    matrix = matrix_of(weight)
    return np.asarray(matrix if isinstance(matrix, np.ndarray) else matrix.toarray(), np.float64)


def diagonal_of(weight: FloatWeight) -> Floats | None:
    """`(units,)` of a sparse matrix in which each unit has a source of its own, in order; None of any other weight."""
    if not isinstance(weight, csr_array) or len({*sides_of(weight)}) > 1:
        return None
    rows, columns = weight.nonzero()
    return np.asarray(weight.diagonal(), np.float64) if (rows == columns).all() else None


def sides_of(weight: FloatWeight) -> tuple[int, int]:
    """Number of target and of source units."""
    targets, sources = weight.shape  # type: ignore[misc]  # SciPy's stubs leave the number of axes open.
    return int(targets), int(sources)


def chained(outer: FloatWeight, inner: Map) -> FloatWeight:
    """The map that does `inner`, then `outer`."""
    if isinstance(inner, Identity):
        return outer
    if isinstance(inner, FloatConvolution) and isinstance(outer, FloatConvolution):
        return after_pool(outer, inner) or matrix_of(outer) @ matrix_of(inner)
    return matrix_of(outer) @ matrix_of(inner)


def added(one: Map, other: Map) -> Matrix:
    """The map that does both, and adds what they come to."""
    return matrix_of(one) + matrix_of(other)


def scaled(gain: Floats, weight: Map) -> FloatWeight:
    """A map whose targets take `gain`, `(targets,)`, times as much."""
    if isinstance(weight, FloatConvolution) and (kernel := scaled_kernel(gain, weight)):
        return kernel
    matrix = matrix_of(weight)
    if isinstance(matrix, np.ndarray):
        return gain[:, None] * matrix
    return csr_array(matrix.multiply(gain[:, None]))


def scaled_kernel(gain: Floats, weight: FloatConvolution) -> FloatConvolution | None:
    """The convolution with gains in its kernel, if the units of a channel share theirs."""
    by_channel = gain.reshape(len(weight.weight), -1)
    if (by_channel != by_channel[:, :1]).any():
        return None
    return replace(weight, weight=weight.weight * by_channel[:, 0, None, None, None])


def blocks(weight: Floats) -> Matrix:
    """A stack of matrices `(…, targets, sources)` as one, each acting on its own part; a single one as it is."""
    if weight.ndim == 2:
        return weight
    return csr_array(block_diag([*weight.reshape(-1, *weight.shape[-2:])], format="csr"))
