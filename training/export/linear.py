"""Linear modules in a row, as one weight and one bias.

What stands between two spiking layers is one linear map of spikes, whatever it is written as. Multiplied out it is one
projection and spikes stay the only messages; a population for each of its steps would have to send graded values,
which integers round, and would take a step more. The price of average pooling before a weight is its window: each
weight stands there once for each pixel that was averaged.

The matrix is what the modules themselves make of each unit vector, so there is nothing here to say of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.sparse import csr_array, vstack
from torch import Tensor

from quantal.neuro.errors import QuantalError
from quantal.neuro.protocols import Floats
from quantal.neuro.synapses.forms import FloatWeight, Matrix
from quantal.training.export.cells import Shape, check_finite, numbers
from quantal.training.export.convolution import convolution_of
from quantal.training.export.modules import Leaf

ROWS_AT_ONCE = 256
"""Columns of a map that are found together; limits the memory that takes."""

DENSE_FROM = 0.25
"""Share of weights other than zero from which a weight is kept as a dense array."""


@dataclass(frozen=True, eq=False)
class LinearMap:
    """`y = weight x + bias` of flattened samples.

    Parameters
    ----------
    shape
        Of y before it was flattened.
    weight
        `(features of y, features of x)`, a convolution where it can be one.
    bias
        `(features of y,)`.
    """

    shape: Shape
    weight: FloatWeight
    bias: Floats


def linear_map(leaves: Sequence[Leaf], shape: Shape) -> LinearMap:
    """What linear modules in a row do to a sample of a shape; without any, the identity."""
    run = [in_double(leaf) for leaf in leaves]
    bias = applied(run, torch.zeros((1, *shape), dtype=torch.float64))
    for leaf in run:
        silence(leaf.module)
    shared = convolution_of(run, shape)
    return LinearMap(tuple(bias.shape[1:]), shared or columns(run, shape), bias.numpy().ravel())


def columns(run: Sequence[Leaf], shape: Shape) -> Matrix:
    """The matrix of a map without bias: what it makes of each unit vector."""
    size = int(np.prod(shape))
    parts: list[Any] = []
    for first in range(0, size, ROWS_AT_ONCE):
        count = min(ROWS_AT_ONCE, size - first)
        rows = torch.zeros((count, size), dtype=torch.float64)
        rows[torch.arange(count), first + torch.arange(count)] = 1
        parts.append(csr_array(applied(run, rows.reshape(count, *shape)).reshape(count, -1).numpy()))
    weight: Any = csr_array(vstack(parts).T)
    return weight.toarray() if weight.nnz > DENSE_FROM * size * weight.shape[0] else weight


@torch.no_grad()
def applied(run: Sequence[Leaf], x: Tensor) -> Tensor:
    """Samples `(batch, …)` through all modules."""
    for leaf in run:
        try:
            y = leaf.module(x[None])[0] if leaf.over_time else leaf.module(x)
        except (RuntimeError, ValueError, IndexError) as error:
            raise misfit(leaf, x, str(error).splitlines()[0]) from error
        if len(y) != len(x):
            raise misfit(leaf, x, f"{len(y)} samples of shape {tuple(y.shape[1:])} from {len(x)}")
        x = y
    return x


def misfit(leaf: Leaf, x: Tensor, reason: str) -> QuantalError:
    """The error for a module that can't take what comes before it."""
    return QuantalError(
        f"can't take samples of shape {tuple(x.shape[1:])}",
        where=leaf.place,
        got=reason[:200],
        hint="give the shape of one sample without batch and steps, and check the module before this one",
    )


def in_double(leaf: Leaf) -> Leaf:
    """A copy in double precision whose numbers are all finite."""
    for name, value in leaf.module.named_parameters():
        check_finite(numbers(value), name, leaf.place)
    return Leaf(deepcopy(leaf.module).double().cpu(), leaf.name, leaf.over_time)


@torch.no_grad()
def silence(module: Any) -> None:
    """Take the bias away."""
    if getattr(module, "bias", None) is not None:
        module.bias.zero_()
