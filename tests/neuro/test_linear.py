"""Matrices of convolutions and pools against torch's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from neuro.linear import blocks, chained, convolution, dense, identity, scaled, sum_pool


@given(st.data())
def test_a_convolution_is_torchs(data: st.DataObject):
    draw = lambda low, high: data.draw(st.integers(low, high))  # noqa: E731
    groups, kernel, dilation = draw(1, 2), (draw(1, 3), draw(1, 3)), (draw(1, 2), draw(1, 2))
    shape = (groups * draw(1, 2), draw(5, 7), draw(5, 7))
    stride, padding = (draw(1, 3), draw(1, 3)), (draw(0, 2), draw(0, 2))
    rng = np.random.default_rng(draw(0, 1000))
    weight = rng.normal(size=(groups * draw(1, 2), shape[0] // groups, *kernel))
    image = rng.normal(size=shape)
    sides = ((padding[0], padding[0]), (padding[1], padding[1]))
    ours = convolution(weight, shape, stride, sides, dilation, groups) @ image.ravel()
    theirs = torch.nn.functional.conv2d(
        torch.tensor(image)[None], torch.tensor(weight), None, stride, padding, dilation, groups
    )
    np.testing.assert_allclose(ours, theirs.numpy().ravel(), atol=1e-12)


@pytest.mark.parametrize(("kernel", "stride", "padding"), [((2, 2), (2, 2), (0, 0)), ((3, 2), (1, 2), (1, 1))])
def test_a_pool_is_torchs(kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int]):
    image = np.random.default_rng(0).normal(size=(2, 5, 6))
    sides = ((padding[0], padding[0]), (padding[1], padding[1]))
    ours = sum_pool(kernel, (2, 5, 6), stride, sides) @ image.ravel() / np.prod(kernel)
    theirs = torch.nn.functional.avg_pool2d(torch.tensor(image)[None], kernel, stride, padding)
    np.testing.assert_allclose(ours, theirs.numpy().ravel(), atol=1e-12)


def test_more_zeros_behind_than_before_move_nothing():
    matrix = convolution(np.ones((1, 1, 1, 2)), (1, 1, 3), padding=((0, 0), (0, 1)))
    np.testing.assert_array_equal(dense(matrix), [[1, 1, 0], [0, 1, 1], [0, 0, 1]])


def test_stacked_matrices_act_on_their_own_part():
    weight = np.arange(12.0).reshape(2, 2, 3)
    signal = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(blocks(weight) @ signal.ravel(), np.einsum("boi,bi->bo", weight, signal).ravel())
    assert blocks(weight[0]) is not None
    np.testing.assert_array_equal(dense(blocks(weight[0])), weight[0])


@pytest.mark.parametrize("form", [np.asarray, csr_array])
def test_chains_and_gains_do_what_matrices_do(form):
    rng = np.random.default_rng(0)
    outer, inner, gain = rng.normal(size=(2, 3)), rng.normal(size=(3, 4)), rng.normal(size=2)
    np.testing.assert_allclose(dense(chained(form(outer), form(inner))), outer @ inner)
    np.testing.assert_allclose(dense(chained(outer, form(inner))), outer @ inner)
    np.testing.assert_allclose(dense(scaled(gain, form(outer))), gain[:, None] * outer)
    np.testing.assert_allclose(dense(chained(form(outer), identity(3))), outer)
