"""Chains, sums and gains of all kinds of weights equal those of their matrices; convolutions remain convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from quantal.neuro.protocols import FloatWeight
from quantal.neuro.synapses import FloatConvolution, FloatDense, FloatDiagonal, FloatSparse
from quantal.neuro.synapses.diagonal import as_diagonal, chained, identity
from quantal.neuro.synapses.pooling import average_pool, sum_pool
from quantal.neuro.synapses.sparse import block_diagonal

RNG = np.random.default_rng(0)
KERNEL = FloatConvolution(RNG.normal(size=(3, 2, 2, 2)), (2, 3, 4), padding=(1, 0))
WEIGHTS: dict[str, FloatWeight] = {
    "dense": FloatDense(RNG.normal(size=(6, 24))),
    "sparse": FloatSparse.of(csr_array(RNG.normal(size=(6, 24)) * (RNG.random((6, 24)) < 0.3))),
    "convolution": KERNEL,
    "diagonal": FloatDiagonal(RNG.normal(size=24)),
    "identity": identity(24),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_chain_is_the_product_of_its_matrices(name: str):
    inner = WEIGHTS[name]
    matrix = RNG.normal(size=(5, inner.shape[0]))
    for outer in (FloatDense(matrix), FloatSparse.of(csr_array(matrix))):
        np.testing.assert_allclose(chained(outer, inner).to_dense(), matrix @ inner.to_dense())
    gain = RNG.normal(size=inner.shape[0])
    np.testing.assert_allclose(chained(FloatDiagonal(gain), inner).to_dense(), gain[:, None] * inner.to_dense())


@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize("other", WEIGHTS)
def test_a_sum_is_the_sum_of_the_matrices(name: str, other: str):
    one, two = WEIGHTS[name], WEIGHTS[other]
    if one.shape == two.shape:
        np.testing.assert_allclose(one.plus(two).to_dense(), one.to_dense() + two.to_dense())


@pytest.mark.parametrize("name", [name for name in WEIGHTS if WEIGHTS[name].shape[1] == 24])
def test_the_identity_before_a_weight_changes_nothing(name: str):
    assert chained(WEIGHTS[name], identity(24)) is WEIGHTS[name]


def test_a_convolution_after_gains_of_units_is_their_product():
    gain = RNG.normal(size=24)
    made = chained(KERNEL, FloatDiagonal(gain))
    np.testing.assert_allclose(made.to_dense(), KERNEL.to_dense() * gain)


def test_a_sparse_matrix_that_is_diagonal_becomes_one():
    square = np.diag([1.0, 0.0, -2.0])
    made = as_diagonal(FloatSparse.of(csr_array(square)))
    assert isinstance(made, FloatDiagonal)
    assert made.weight.tolist() == [1.0, 0.0, -2.0]
    for other in (square + np.eye(3, k=1), square[:2]):
        weight = FloatSparse.of(csr_array(other))
        assert as_diagonal(weight) is weight
    dense = FloatDense(square)
    assert as_diagonal(dense) is dense


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
    np.testing.assert_allclose(made.to_dense(), kernel.to_dense() @ pool.to_dense(), atol=1e-14)


def test_a_kernel_takes_the_gains_of_its_channels():
    gain = np.repeat([1.0, -2.0, 0.5], KERNEL.shape[0] // 3)
    made = KERNEL.by_row(np.multiply, gain)
    assert isinstance(made, FloatConvolution)
    np.testing.assert_allclose(made.to_dense(), gain[:, None] * KERNEL.to_dense())


def test_stacked_matrices_act_on_separate_parts():
    weight = np.arange(12.0).reshape(2, 2, 3)
    signal = np.arange(6.0).reshape(2, 3)
    expected = np.einsum("boi,bi->bo", weight, signal).ravel()
    np.testing.assert_array_equal(block_diagonal(weight).to_dense() @ signal.ravel(), expected)
    np.testing.assert_array_equal(block_diagonal(weight[0]).to_dense(), weight[0])
