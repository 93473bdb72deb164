"""Linear torch modules as linear maps: `Conv2d` and `AvgPool2d` as convolutions, any other as a matrix.

Several linear modules between two cells become one weight, so spikes remain the only messages; a population for each
module would send graded values, which integers round, and would add a step. A convolution keeps a single kernel, which
is small on disk, in memory and in the engine, also after a pool whose windows tile the image. After any other pool,
each weight is stored once for every pixel that the pool averages.

A matrix is computed by applying the module to each unit vector, so no kind of module needs its own equations here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from math import prod
from typing import Any

import torch
from scipy.sparse import csr_array, vstack
from torch import Tensor, nn

from quantal.neuro.compile.importing.convolutions import convolution, pair
from quantal.neuro.compile.importing.weighted_sums import LinearMap, WeightedSum, mapped
from quantal.neuro.errors import QuantalError
from quantal.neuro.protocols import FloatWeight
from quantal.neuro.synapses import FloatConvolution, FloatDense, FloatSparse
from quantal.neuro.synapses.pooling import average_pool
from quantal.training.export.cells import Shape, check_finite, numbers
from quantal.training.export.module_tree import Leaf

COLUMNS_AT_ONCE = 256
"""Columns of a matrix that are computed together; limits the memory needed."""

DENSE_FROM = 0.25
"""Share of nonzero weights above which a matrix is stored as a dense array."""

RESHAPING: tuple[type, ...] = (nn.Flatten,)
"""Modules that do not change flattened samples."""


def after_modules(leaves: Sequence[Leaf], shape: Shape, before: WeightedSum) -> tuple[WeightedSum, Shape]:
    """Apply linear modules in sequence to a weighted sum of a given shape; returns the sum and its new shape."""
    for leaf in leaves:
        module = double_precision(leaf)
        constant = applied(module, torch.zeros((1, *shape), dtype=torch.float64))
        if type(leaf.module) not in RESHAPING:
            before = mapped(LinearMap(weight_of(module, shape), constant.numpy().ravel()), leaf.name, before)
        shape = tuple(constant.shape[1:])
    return before, shape


def weight_of(leaf: Leaf, shape: Shape) -> FloatWeight:
    """The weight of a linear module for flattened samples of a shape: a convolution if possible, else a matrix."""
    return convolution_of(leaf.module, shape) or columns(without_bias(leaf), shape)


def convolution_of(module: nn.Module, shape: Shape) -> FloatConvolution | None:
    """A module without its bias as a convolution, if it is one."""
    read = CONVOLUTIONS.get(type(module))
    return read(module, shape) if read and len(shape) == 3 else None


def convolution_module(module: nn.Conv2d, shape: Shape) -> FloatConvolution | None:
    """`Conv2d`, if it pads with zeros."""
    if module.padding_mode != "zeros":
        return None
    padding = module.padding if isinstance(module.padding, str) else pair(module.padding)
    channels, height, width = shape
    windows = pair(module.stride), padding, pair(module.dilation)
    return convolution(numbers(module.weight), (channels, height, width), *windows, module.groups)


def pool_module(module: nn.AvgPool2d, shape: Shape) -> FloatConvolution | None:
    """`AvgPool2d`, if all windows are complete, padding included, and are divided by their size."""
    if module.divisor_override is not None or module.ceil_mode:
        return None
    padding = pair(module.padding)
    if padding != (0, 0) and not module.count_include_pad:
        return None
    channels, height, width = shape
    return average_pool((channels, height, width), pair(module.kernel_size), pair(module.stride), padding)


CONVOLUTIONS: dict[type, Callable[[Any, Shape], FloatConvolution | None]] = {
    nn.Conv2d: convolution_module,
    nn.AvgPool2d: pool_module,
}
"""Modules that may be convolutions, to the functions that read them."""


def columns(leaf: Leaf, shape: Shape) -> FloatWeight:
    """The matrix of a module without bias, from its output for each unit vector."""
    size = prod(shape)
    parts: list[Any] = []
    for first in range(0, size, COLUMNS_AT_ONCE):
        count = min(COLUMNS_AT_ONCE, size - first)
        vectors = torch.zeros((count, size), dtype=torch.float64)
        vectors[torch.arange(count), first + torch.arange(count)] = 1
        parts.append(csr_array(applied(leaf, vectors.reshape(count, *shape)).reshape(count, -1).numpy()))
    matrix: Any = csr_array(vstack(parts).T)
    dense = matrix.nnz > DENSE_FROM * size * matrix.shape[0]
    return FloatDense(matrix.toarray()) if dense else FloatSparse.of(matrix)


@torch.no_grad()
def applied(leaf: Leaf, x: Tensor) -> Tensor:
    """The output of a module for samples `(batch, …)`."""
    try:
        y = leaf.module(x[None])[0] if leaf.over_time else leaf.module(x)
    except (RuntimeError, ValueError, IndexError) as error:
        raise misfit(leaf, x, str(error).splitlines()[0]) from error
    if len(y) != len(x):
        raise misfit(leaf, x, f"{len(y)} samples of shape {tuple(y.shape[1:])} from {len(x)}")
    return y


def misfit(leaf: Leaf, x: Tensor, reason: str) -> QuantalError:
    """The error for a module that can't take the output of the module before it."""
    return QuantalError(
        f"can't take samples of shape {tuple(x.shape[1:])}",
        where=leaf.place,
        got=reason[:200],
        hint="give the shape of one sample without batch and steps, and check the module before this one",
    )


def double_precision(leaf: Leaf) -> Leaf:
    """A copy in double precision; parameters that are not finite are a `QuantalError`."""
    for name, value in leaf.module.named_parameters():
        check_finite(numbers(value), name, leaf.place)
    return Leaf(deepcopy(leaf.module).double().cpu(), leaf.name, leaf.over_time)


@torch.no_grad()
def without_bias(leaf: Leaf) -> Leaf:
    """A copy with a bias of 0."""
    copy = Leaf(deepcopy(leaf.module), leaf.name, leaf.over_time)
    if getattr(copy.module, "bias", None) is not None:
        copy.module.bias.zero_()
    return copy
