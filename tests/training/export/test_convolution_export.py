from __future__ import annotations

from copy import deepcopy
from math import prod

import norse.torch as snn
import numpy as np
import pytest
import torch
from torch import nn

from quantal.neuro.compile.importing.weighted_sums import signal
from quantal.neuro.protocols import FloatWeight
from quantal.neuro.synapses import FloatConvolution
from quantal.training.export.linear_modules import after_modules
from quantal.training.export.module_tree import Leaf
from quantal.training.export.norse import from_norse

SHAPE = (2, 8, 6)

CONVOLUTIONS = {
    "plain": [nn.Conv2d(2, 3, 3)],
    "windows": [nn.Conv2d(2, 4, (3, 2), (2, 3), (1, 0), (2, 1), groups=2)],
    "valid": [nn.Conv2d(2, 3, 3, padding="valid")],
    "same": [nn.Conv2d(2, 3, 3, padding="same")],
    "same, of an even number of pixels": [nn.Conv2d(2, 3, (2, 4), padding="same", dilation=(3, 1))],
    "pool alone": [nn.AvgPool2d(2)],
    "padded, overlapping pool alone": [nn.AvgPool2d((2, 3), 1, (1, 0))],
    "flattened": [nn.Conv2d(2, 3, 3), nn.Flatten()],
    "pool": [nn.AvgPool2d(2), nn.Conv2d(2, 3, 2)],
    "pool of another height": [nn.AvgPool2d((4, 1)), nn.Conv2d(2, 3, (1, 3), (1, 2))],
    "pool, padding, groups": [nn.AvgPool2d((2, 3)), nn.Conv2d(2, 4, 2, (2, 1), 1, groups=2)],
}

MATRICES = {
    "reflected": [nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect")],
    "overlapping pool": [nn.AvgPool2d(2, stride=1), nn.Conv2d(2, 3, 2)],
    "padded pool": [nn.AvgPool2d(2, padding=1), nn.Conv2d(2, 3, 2)],
    "pool with pixels left over": [nn.AvgPool2d(4), nn.Conv2d(2, 3, 1)],
    "pool that does not count its padding": [nn.AvgPool2d(2, padding=1, count_include_pad=False)],
    "pool with windows over the edge": [nn.AvgPool2d(3, ceil_mode=True)],
    "pool with a divisor": [nn.AvgPool2d(2, divisor_override=3), nn.Conv2d(2, 3, 2)],
    "pool and dilation": [nn.AvgPool2d(2), nn.Conv2d(2, 3, 2, dilation=2)],
    "two": [nn.Conv2d(2, 3, 3), nn.Conv2d(3, 2, 2)],
    "weights after it": [nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(72, 4)],
}


def leaves(modules: list[nn.Module]) -> list[Leaf]:
    return [Leaf(module.double(), str(index), over_time=False) for index, module in enumerate(modules)]


def weight_of(modules: list[nn.Module]) -> FloatWeight:
    after, _ = after_modules(leaves(modules), SHAPE, signal("samples", prod(SHAPE)))
    return after.weights["samples", 0]


def matrix_in_torch(modules: list[nn.Module]) -> np.ndarray:
    """The matrix of modules without their biases, from their output for each unit vector."""
    copies = deepcopy(modules)
    for module in copies:
        if hasattr(module, "bias"):
            module.bias = None
    vectors = torch.eye(prod(SHAPE), dtype=torch.float64).reshape(-1, *SHAPE)
    with torch.no_grad():
        return nn.Sequential(*copies).double()(vectors).flatten(1).T.numpy()


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_a_convolution_equals_the_matrix_of_its_modules(name: str):
    weight = weight_of(CONVOLUTIONS[name])
    assert isinstance(weight, FloatConvolution)
    np.testing.assert_allclose(weight.to_dense(), matrix_in_torch(CONVOLUTIONS[name]), atol=1e-15)


@pytest.mark.parametrize("name", MATRICES)
def test_modules_that_are_no_single_convolution_become_a_matrix(name: str):
    weight = weight_of(MATRICES[name])
    assert not isinstance(weight, FloatConvolution)
    np.testing.assert_allclose(weight.to_dense(), matrix_in_torch(MATRICES[name]), atol=1e-15)


def test_time_constants_per_channel_keep_a_convolution_and_those_per_unit_do_not():
    k = np.arange(90.0, 93).reshape(3, 1, 1)
    assert isinstance(arriving(k), FloatConvolution)
    k = np.broadcast_to(k, (3, 6, 4)).copy()
    assert isinstance(arriving(k), FloatConvolution)
    k[1, 2, 3] += 1
    assert not isinstance(arriving(k), FloatConvolution)


def arriving(k: np.ndarray) -> object:
    p = snn.LIFBoxParameters(tau_mem_inv=torch.tensor(k))
    model = snn.SequentialState(snn.LIFBoxCell(), nn.Conv2d(2, 3, 3), snn.LIFBoxCell(p))
    return from_norse(model, SHAPE).projections[0].weight
