from __future__ import annotations

from copy import deepcopy

import norse.torch as snn
import numpy as np
import pytest
import torch
from torch import nn

from quantal.neuro.synapses import FloatConvolution
from quantal.neuro.synapses.composing import dense
from quantal.neuro.synapses.forms import form_of
from quantal.training.export.convolution import convolution_of
from quantal.training.export.linear import columns, linear_map
from quantal.training.export.modules import Leaf
from quantal.training.export.norse import from_norse

SHAPE = (2, 8, 6)

KEPT = {
    "plain": [nn.Conv2d(2, 3, 3)],
    "windows": [nn.Conv2d(2, 4, (3, 2), (2, 3), (1, 0), (2, 1), groups=2)],
    "valid": [nn.Conv2d(2, 3, 3, padding="valid")],
    "flattened": [nn.Conv2d(2, 3, 3), nn.Flatten()],
    "pool": [nn.AvgPool2d(2), nn.Conv2d(2, 3, 2)],
    "pool of another height": [nn.AvgPool2d((4, 1)), nn.Conv2d(2, 3, (1, 3), (1, 2))],
    "pool, padding, groups": [nn.AvgPool2d((2, 3)), nn.Conv2d(2, 4, 2, (2, 1), 1, groups=2)],
}

OTHER = {
    "same": [nn.Conv2d(2, 3, 2, padding="same")],
    "reflected": [nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect")],
    "overlapping pool": [nn.AvgPool2d(2, stride=1), nn.Conv2d(2, 3, 2)],
    "padded pool": [nn.AvgPool2d(2, padding=1), nn.Conv2d(2, 3, 2)],
    "pool with pixels left over": [nn.AvgPool2d(4), nn.Conv2d(2, 3, 1)],
    "pool with a divisor": [nn.AvgPool2d(2, divisor_override=3), nn.Conv2d(2, 3, 2)],
    "pool and dilation": [nn.AvgPool2d(2), nn.Conv2d(2, 3, 2, dilation=2)],
    "pool alone": [nn.AvgPool2d(2)],
    "two": [nn.Conv2d(2, 3, 3), nn.Conv2d(3, 2, 2)],
    "weights after it": [nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(72, 4)],
}


def leaves(modules: list[nn.Module]) -> list[Leaf]:
    return [Leaf(module.double(), str(index), over_time=False) for index, module in enumerate(modules)]


def without_bias(modules: list[nn.Module]) -> list[nn.Module]:
    copies = deepcopy(modules)
    for module in copies:
        if hasattr(module, "bias"):
            module.bias = None
    return copies


@pytest.mark.parametrize("name", KEPT)
def test_one_kernel_is_the_matrix_of_the_modules(name: str):
    found = linear_map(leaves(KEPT[name]), SHAPE)
    assert isinstance(found.weight, FloatConvolution)
    wanted = columns(leaves(without_bias(KEPT[name])), SHAPE)
    np.testing.assert_allclose(dense(form_of(found.weight).matrix(found.weight)), dense(wanted), atol=1e-15)


@pytest.mark.parametrize("name", OTHER)
def test_what_is_not_one_kernel_becomes_a_matrix(name: str):
    assert convolution_of(leaves(OTHER[name]), SHAPE) is None
    assert not isinstance(linear_map(leaves(OTHER[name]), SHAPE).weight, FloatConvolution)


def test_a_time_constant_of_each_channel_leaves_one_kernel_and_of_each_unit_does_not():
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
