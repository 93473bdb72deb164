"""Weights of an integer network as parameters of a torch module, with straight-through gradients.

Weights keep their structure: a convolution learns its kernel, a sparse matrix its existing connections. Mantissas and
messages are integers, and `neuro.network.verify` bounds every sum of their products by 24 bits, so 32-bit floats add
them exactly in any order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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


def straight_through(value: Tensor, rounded: Tensor) -> Tensor:
    """`rounded` in the forward pass, with the gradient of `value` (the straight-through estimator)."""
    return value + (rounded - value).detach()


class SparseProduct(torch.autograd.Function):
    """`W m` for a sparse W; the gradient is never stored as a dense matrix."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, message: Tensor, places: Tensor, targets: int) -> Tensor:
        """`values` `(connections,)`, `message` `(batch, source units)`, `places` `(2, connections)`: target, source."""
        ctx.save_for_backward(values, message, places)
        return sparse_matrix(places, values, (targets, message.shape[1])).mm(message.T).T

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """Add the gradients sample by sample, so that memory grows with the connections but not with the batch."""
        values, message, places = ctx.saved_tensors
        (gradient,), (target, source) = gradients, places
        value_gradient = torch.zeros_like(values)
        for target_gradient, sent in zip(gradient, message, strict=True):
            value_gradient += target_gradient[target] * sent[source]
        back = sparse_matrix(places.flip(0), values, (message.shape[1], gradient.shape[1]))
        return value_gradient, back.mm(gradient.T).T, None, None


def sparse_matrix(places: Tensor, values: Tensor, shape: tuple[int, int]) -> Tensor:
    """A sparse torch matrix."""
    return torch.sparse_coo_tensor(places, values, shape, check_invariants=False)


def dense_sum(weight: Dense, mantissas: Tensor, message: Tensor) -> Tensor:
    """`W m` for a dense matrix."""
    return linear(message, mantissas)


def sparse_sum(weight: Sparse, mantissas: Tensor, message: Tensor) -> Tensor:
    """`W m` for a list of connections."""
    places = torch.from_numpy(np.stack([weight.target, weight.source]))
    return SparseProduct.apply(mantissas, message, places, weight.targets)


def convolution_sum(weight: Convolution, mantissas: Tensor, message: Tensor) -> Tensor:
    """`W m` for a convolution."""
    images = message.reshape(-1, *weight.input_shape)
    sums = conv2d(images, mantissas, None, weight.stride, weight.padding, weight.dilation, weight.groups)
    return sums.flatten(1)


def nonzero_connections(weight: Sparse, mantissas: Integers) -> Sparse:
    """The connections whose mantissa isn't 0."""
    nonzero = mantissas != 0
    return replace(weight, target=weight.target[nonzero], source=weight.source[nonzero], weight=mantissas[nonzero])


SUMS: dict[type, Any] = {Dense: dense_sum, Sparse: sparse_sum, Convolution: convolution_sum}
"""Kind of trainable weight to its product with messages."""

INTEGER_WEIGHTS: dict[type, Any] = {
    Dense: lambda weight, mantissas: Dense(mantissas),
    Sparse: nonzero_connections,
    Convolution: lambda weight, mantissas: replace(weight, weight=mantissas),
}
"""Kind of trainable weight to the integer weight made from its mantissas."""


class Synapses(nn.Module):
    """One projection: its parameter is the weight in physical units, its forward pass uses integer mantissas."""

    def __init__(self, projection: Projection, float_weight: FloatWeight, mantissa_scale: float, bits: int) -> None:
        """Connections of `float_weight` that were rounded to 0 in `projection` can still learn."""
        super().__init__()
        self.projection, self.mantissa_scale, self.bits = projection, mantissa_scale, bits
        merged = float_weight.mapped(lambda values: values)
        self.structure: Weight = merged.mapped(np.ones_like).quantise()
        self.weight = nn.Parameter(torch.from_numpy(merged.values().astype(np.float32)))

    def mantissas(self) -> Tensor:
        """The weights as mantissas on the chip's grid."""
        mantissas, grid = self.weight / self.mantissa_scale, weight_grid(self.bits)
        rounded = (mantissas / grid).round() * grid
        return straight_through(mantissas, rounded.clamp(WEIGHT_MIN, largest_mantissa(self.bits)))

    def forward(self, mantissas: Tensor, message: Tensor) -> Tensor:
        """The sums that a message adds to the target, `(batch, target units)`."""
        sums = SUMS[type(self.structure)](self.structure, mantissas, message.float())
        return sums.double() * 2**self.projection.exponent

    def deployed(self) -> Projection:
        """The projection with its trained weights."""
        mantissas = self.mantissas().long().numpy()
        return replace(self.projection, weight=INTEGER_WEIGHTS[type(self.structure)](self.structure, mantissas))


@dataclass
class Arriving:
    """What a projection adds to the sums of its target; a message that no weight changes and that stays is summed once.

    The last such message and its sum are kept.
    """

    synapses: Synapses
    mantissas: Tensor
    message: Tensor | None = None
    sums: Tensor | None = None

    def sums_of(self, message: Tensor) -> Tensor:
        """The sums that a message adds to the target, `(batch, target units)`."""
        if message.requires_grad:
            return self.synapses(self.mantissas, message)
        if self.sums is None or self.message is None or not torch.equal(message, self.message):
            self.message, self.sums = message, self.synapses(self.mantissas, message)
        return self.sums
