"""Chains of weights in every form do what their matrices do; convolutions stay kernels where they can."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from quantal.neuro.synapses import FloatConvolution
from quantal.neuro.synapses.composing import Identity, added, blocks, chained, dense, scaled, sides_of
from quantal.neuro.synapses.pooling import average_pool, sum_pool

RNG = np.random.default_rng(0)
KERNEL = FloatConvolution(RNG.normal(size=(3, 2, 2, 2)), (2, 3, 4), padding=(1, 0))
FORMS = {
    "dense": RNG.normal(size=(6, 24)),
    "sparse": csr_array(RNG.normal(size=(6, 24)) * (RNG.random((6, 24)) < 0.3)),
    "convolution": KERNEL,
    "identity": Identity(24),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_chain_is_the_product_and_a_sum_the_sum(name: str):
    inner = FORMS[name]
    rows = len(dense(inner))
    outer = RNG.normal(size=(5, rows))
    for form in (np.asarray, csr_array):
        np.testing.assert_allclose(dense(chained(form(outer), inner)), outer @ dense(inner))
    np.testing.assert_allclose(dense(added(inner, inner)), 2 * dense(inner))


def test_nothing_before_it_leaves_a_weight_as_it_is():
    assert chained(KERNEL, Identity(24)) is KERNEL


POOLS = {
    "mean": (average_pool((2, 12, 8), (2, 2), (2, 2)), True),
    "sum of another height": (sum_pool((2, 12, 8), (3, 1), (3, 1)), True),
    "overlapping": (average_pool((2, 12, 8), (2, 2), (1, 2)), False),
    "padded": (sum_pool((2, 12, 8), (2, 2), (2, 2), (1, 0)), False),
    "rows left over": (average_pool((2, 13, 8), (2, 2), (2, 2)), False),
    "no pool": (FloatConvolution(RNG.normal(size=(2, 1, 2, 2)), (2, 12, 8), (2, 2), groups=2), False),
}


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("more", [{}, {"padding": (1, 0), "stride": (2, 1)}, {"groups": 2}, {"dilation": (1, 2)}])
def test_a_kernel_after_a_pool_that_tiles_is_one_kernel(name: str, more: dict[str, Any]):
    pool, tiles = POOLS[name]
    channels = 2 // more.get("groups", 1)
    kernel = FloatConvolution(RNG.normal(size=(4, channels, 2, 2)), pool.output_shape, **more)
    assert kernel.problems() == []
    made = chained(kernel, pool)
    assert isinstance(made, FloatConvolution) == (tiles and "dilation" not in more)
    np.testing.assert_allclose(dense(made), dense(kernel) @ dense(pool), atol=1e-14)


@pytest.mark.parametrize("name", FORMS)
def test_gains_multiply_rows(name: str):
    gain = RNG.normal(size=len(dense(FORMS[name])))
    np.testing.assert_allclose(dense(scaled(gain, FORMS[name])), gain[:, None] * dense(FORMS[name]))


def test_a_kernel_takes_the_gains_of_its_channels():
    gain = np.repeat([1.0, -2.0, 0.5], sides_of(KERNEL)[0] // 3)
    made = scaled(gain, KERNEL)
    assert isinstance(made, FloatConvolution)
    np.testing.assert_allclose(dense(made), gain[:, None] * dense(KERNEL))


def test_stacked_matrices_act_on_their_own_part():
    weight = np.arange(12.0).reshape(2, 2, 3)
    signal = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(blocks(weight) @ signal.ravel(), np.einsum("boi,bi->bo", weight, signal).ravel())
    np.testing.assert_array_equal(dense(blocks(weight[0])), weight[0])
