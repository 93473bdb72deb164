"""Weights of an integer network as parameters of a torch module, with straight-through gradients.

Weights keep their form: a convolution learns its kernel, a sparse matrix the connections that it has. Mantissas and
messages are whole, and `neuro.network.verify` bounds every sum of their products by
24 bits, so 32-bit floats add them exactly in any order.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, linear

from quantal.neuro.arithmetic import WEIGHT_MIN, Integers
from quantal.neuro.compile.options import largest_mantissa, weight_grid
from quantal.neuro.network.count_network import Projection
from quantal.neuro.protocols import FloatWeight, Weight
from quantal.neuro.synapses import Convolution, Dense, Sparse


def straight(value: Tensor, rounded: Tensor) -> Tensor:
    """`rounded` with the gradient of `value`."""
    return value + (rounded - value).detach()


class SparseProduct(torch.autograd.Function):
    """`W m` from the values of W's connections; the gradient is never stored as a dense matrix."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, message: Tensor, places: Tensor, targets: int) -> Tensor:
        """`values` `(connections,)`, `message` `(batch, source units)`, `places` `(2, connections)`: target, source."""
        ctx.save_for_backward(values, message, places)
        return matrix(places, values, (targets, message.shape[1])).mm(message.T).T

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """Sample by sample, so that memory grows with the connections alone, not with the batch."""
        values, message, places = ctx.saved_tensors
        (arrived,), (target, source) = gradients, places
        of_values = torch.zeros_like(values)
        for one, sent in zip(arrived, message, strict=True):
            of_values += one[target] * sent[source]
        back = matrix(places.flip(0), values, (message.shape[1], arrived.shape[1]))
        return of_values, back.mm(arrived.T).T, None, None


def matrix(places: Tensor, values: Tensor, shape: tuple[int, int]) -> Tensor:
    """A sparse matrix of torch."""
    return torch.sparse_coo_tensor(places, values, shape, check_invariants=False)


def dense_sum(weight: Dense, mantissas: Tensor, message: Tensor) -> Tensor:
    """`W m` of a matrix."""
    return linear(message, mantissas)


def sparse_sum(weight: Sparse, mantissas: Tensor, message: Tensor) -> Tensor:
    """`W m` of a list of connections."""
    places = torch.from_numpy(np.stack([weight.target, weight.source]))
    return SparseProduct.apply(mantissas, message, places, weight.targets)


def convolved(weight: Convolution, mantissas: Tensor, message: Tensor) -> Tensor:
    """`W m` of a convolution."""
    pictures = message.reshape(-1, *weight.input_shape)
    sums = conv2d(pictures, mantissas, None, weight.stride, weight.padding, weight.dilation, weight.groups)
    return sums.flatten(1)


def connections(weight: Sparse, mantissas: Integers) -> Sparse:
    """The connections whose mantissa isn't 0."""
    here = mantissas != 0
    return replace(weight, target=weight.target[here], source=weight.source[here], weight=mantissas[here])


SUMS: dict[type, Any] = {Dense: dense_sum, Sparse: sparse_sum, Convolution: convolved}
WHOLE: dict[type, Any] = {
    Dense: lambda weight, mantissas: Dense(mantissas),
    Sparse: connections,
    Convolution: lambda weight, mantissas: replace(weight, weight=mantissas),
}
"""Kind of trainable weight to the integer weight of its mantissas."""


class Synapses(nn.Module):
    """One projection: weights in physical units as a parameter, whole mantissas in the forward pass."""

    def __init__(self, projection: Projection, given: FloatWeight, unit: float, bits: int) -> None:
        """`given` is the float weight; connections that were rounded to 0 in `projection` can still learn."""
        super().__init__()
        self.projection, self.unit, self.bits = projection, unit, bits
        merged = given.mapped(lambda values: values)
        self.form: Weight = merged.quantise()
        self.weight = nn.Parameter(torch.from_numpy(merged.values().astype(np.float32)))

    def whole(self) -> Tensor:
        """Mantissas rounded to the chip's grid."""
        mantissas, grid = self.weight / self.unit, weight_grid(self.bits)
        rounded = (mantissas / grid).round() * grid
        return straight(mantissas, rounded.clamp(WEIGHT_MIN, largest_mantissa(self.bits)))

    def forward(self, whole: Tensor, message: Tensor) -> Tensor:
        """The sums that a message adds to the target, `(batch, target units)`."""
        sums = SUMS[type(self.form)](self.form, whole, message.float())
        return sums.double() * 2**self.projection.exponent

    def deployed(self) -> Projection:
        """The projection with its trained weights."""
        mantissas = self.whole().long().numpy()
        return replace(self.projection, weight=WHOLE[type(self.form)](self.form, mantissas))
