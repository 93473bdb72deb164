"""Every kind of float weight does the same as the matrix that it represents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csr_array, csr_matrix

from quantal.neuro.compile import Options, compile_graph
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Input
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Floats, Graph
from quantal.neuro.neurons import FloatAccumulator, FloatGraded, FloatPoissonCount
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.floats import simulate
from quantal.neuro.synapses import (
    FLOAT_WEIGHTS,
    Convolution,
    Dense,
    FloatConvolution,
    FloatDense,
    FloatDiagonal,
    FloatSparse,
    Sparse,
)
from quantal.neuro.synapses.conversion import float_weight
from quantal.neuro.synapses.pooling import average_pool

RNG = np.random.default_rng(3)
CONV = FloatConvolution(RNG.normal(size=(4, 1, 2, 3)), (2, 4, 5), (1, 2), (1, 0), (2, 1), groups=2)
IMAGES = RNG.normal(size=(3, 40))


GAINS = RNG.normal(size=40)


def dense(conv: FloatConvolution) -> Floats:
    return conv.apply(np.eye(conv.shape[1])).T


MATRIX = dense(CONV)
WEIGHTS = [
    (FloatDense(MATRIX), MATRIX, Dense),
    (FloatSparse.of(csr_array(MATRIX)), MATRIX, Sparse),
    (CONV, MATRIX, Convolution),
    (FloatDiagonal(GAINS), np.diag(GAINS), Sparse),
]
every_kind = pytest.mark.parametrize(
    ("weight", "matrix", "whole_kind"), WEIGHTS, ids=[type(weight).__name__ for weight, *_ in WEIGHTS]
)


def test_every_kind_is_tested():
    assert {type(weight) for weight, *_ in WEIGHTS} == {*FLOAT_WEIGHTS.values()}


@every_kind
def test_it_stands_for_one_matrix(weight: Any, matrix: Floats, whole_kind: type):
    assert weight.shape == matrix.shape
    assert np.array_equal(weight.to_dense(), matrix)
    assert np.array_equal(csr_array(weight.to_matrix()).toarray(), matrix)
    assert {*weight.values().ravel()} - {0.0} == {*matrix.ravel()} - {0.0}
    assert weight.problems() == []


@every_kind
def test_sums_of_messages_and_of_sizes(weight: Any, matrix: Floats, whole_kind: type):
    np.testing.assert_allclose(weight.apply(IMAGES), IMAGES @ matrix.T, atol=1e-12)
    np.testing.assert_allclose(weight.row_sizes(), np.abs(matrix).sum(axis=1), atol=1e-12)


@every_kind
def test_arithmetic_keeps_the_kind(weight: Any, matrix: Floats, whole_kind: type):
    larger = weight.scaled(4.0)
    rounded = larger.mapped(np.rint)
    rest = larger.minus(rounded)
    assert type(larger) is type(rounded) is type(rest) is type(weight)
    assert np.array_equal(larger.to_dense(), 4 * matrix)
    assert np.array_equal(rounded.to_dense(), np.rint(4 * matrix))
    assert np.array_equal(rest.to_dense(), 4 * matrix - np.rint(4 * matrix))
    assert np.array_equal(weight.to_dense(), matrix)


@every_kind
@pytest.mark.parametrize("operation", [np.multiply, np.divide])
def test_each_row_takes_its_own_number(weight: Any, matrix: Floats, whole_kind: type, operation: np.ufunc):
    numbers = np.random.default_rng(1).uniform(0.5, 2.0, len(matrix))
    assert np.array_equal(weight.by_row(operation, numbers).to_dense(), operation(matrix, numbers[:, None]))


@every_kind
def test_whole_numbers_become_a_weight_of_the_integer_network(weight: Any, matrix: Floats, whole_kind: type):
    whole = weight.mapped(lambda value: np.rint(9 * value)).quantise()
    assert type(whole) is whole_kind
    assert whole.problems() == []
    rebuilt = np.zeros(whole.shape)
    target, source, values = whole.entries()
    rebuilt[target, source] = values
    assert np.array_equal(rebuilt, np.rint(9 * matrix))


def test_connections_that_are_stored_twice_add_up_before_they_are_rounded():
    weight = FloatSparse(np.array([0.4, 0.4, -1.0]), np.array([1, 1, 0]), np.array([0, 3]), (1, 2))
    assert weight.mapped(np.rint).to_dense().tolist() == [[-1.0, 1.0]]
    assert weight.row_sizes().tolist() == [1.8]
    assert (weight.data.tolist(), weight.indptr.tolist()) == ([0.4, 0.4, -1.0], [0, 3])


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (MATRIX, FloatDense),
        (MATRIX.astype(np.float32), FloatDense),
        (np.eye(2, dtype=int), FloatDense),
        (GAINS, FloatDiagonal),
        (csr_array(MATRIX), FloatSparse),
        (csr_array(MATRIX.astype(np.float32)), FloatSparse),
        (csr_matrix(MATRIX), FloatSparse),
        (coo_array(MATRIX), FloatSparse),
        (CONV, FloatConvolution),
    ],
)
def test_arrays_become_weights(given: Any, kind: type):
    weight = float_weight(given, "weight", "here")
    assert type(weight) is kind
    assert weight.problems() == []
    assert weight.values().dtype == np.float64


def test_numbers_of_64_bits_are_not_copied():
    sparse = csr_array(MATRIX)
    assert float_weight(MATRIX, "weight", "here").values() is MATRIX
    assert np.shares_memory(float_weight(sparse, "weight", "here").values(), sparse.data)


EXPECTED = (
    "\n  expected numbers in a NumPy array (target units, source units) or (units,), a SciPy sparse array, or one of "
    "FloatDense, FloatSparse, FloatDiagonal, FloatConvolution"
)


@pytest.mark.parametrize(
    ("given", "got", "hint"),
    [
        ([[1.0, 2.0]], "a list", "\n  pass numpy.array(weight)"),
        (torch.ones(3, 2), "a Tensor", "\n  pass weight.detach().cpu().numpy()"),
        (np.ones((2, 4, 1)), "float64 (2, 4, 1)", ""),
        (np.ones((2, 2), complex), "complex128 (2, 2)", ""),
        (csr_array(np.ones((2, 2), complex)), "a csr_array", "\n  pass weight.toarray()"),
        (None, "a NoneType", ""),
    ],
)
def test_the_error_for_a_wrong_weight_says_how_to_convert_it(given: Any, got: str, hint: str):
    with pytest.raises(QuantalError) as caught:
        FloatProjection("p", "a", "b", given)
    assert str(caught.value) == f"projection p: weight is {got}{EXPECTED}{hint}"
    with pytest.raises(QuantalError, match=r"^input x: gain is "):
        Input("x", "p", given)


def filtered(weight: Any, lag: int = 1) -> Graph:
    """Counts of two channels, filtered and sent on unchanged."""
    targets, sources = weight.shape
    counts = FloatPopulation("counts", sources, FloatAccumulator(np.zeros(sources), -2.0, 1.0), FloatPoissonCount(7))
    features = FloatPopulation("features", targets, FloatAccumulator(np.zeros(targets), -3.0, 3.0, 0.5), FloatGraded())
    filtering = FloatProjection("filter", "counts", "features", weight, lag)
    return Graph("filtered", (counts, features), (filtering,), (Input("x", "counts", np.ones(sources)),))


@st.composite
def convolutions(draw: st.DrawFn) -> FloatConvolution:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    groups, kernel = draw(st.integers(1, 2)), draw(st.tuples(*[st.integers(1, 3)] * 2))
    stride, padding = draw(st.tuples(*[st.integers(1, 2)] * 2)), draw(st.tuples(*[st.integers(0, 2)] * 2))
    weight = 10.0 ** draw(st.integers(-3, 3)) * rng.normal(size=(groups * draw(st.integers(1, 3)), 2, *kernel))
    return FloatConvolution(weight, (2 * groups, 3, 5), stride, padding, groups=groups)


def assert_same_network(one: CountNetwork, other: CountNetwork) -> None:
    """The same mantissas, exponents and traces; scales may differ in the last bit of a float sum."""
    for a, b in zip(one.projections, other.projections, strict=True):
        rebuilt = np.zeros(b.weight.shape, np.int64)
        target, source, values = b.weight.entries()
        rebuilt[target, source] = values
        assert np.array_equal(a.weight.matrix, rebuilt)
        assert (a.name, a.exponent, a.delay_steps) == (b.name, b.exponent, b.delay_steps)
    drive = {"counts": np.random.default_rng(0).integers(-(2**18), 2**19, (2, one.populations[0].size))}
    traces = [reference.run(network, drive, 6) for network in (one, other)]
    for name in ("counts", "features"):
        assert np.array_equal(traces[0].messages[name], traces[1].messages[name])
        assert np.array_equal(traces[0].states[name]["v"], traces[1].states[name]["v"])


@settings(max_examples=40, deadline=None)
@given(convolutions(), st.integers(1, 2), st.integers(4, 8))
def test_a_convolution_compiles_as_its_matrix_does(conv: FloatConvolution, slices: int, bits: int):
    options = Options(weight_slices=slices, weight_bits=bits)
    # A weight that only ever meets the padding isn't in the matrix, but as part of the kernel it affects the scale.
    assume({*np.abs(dense(conv)).flat} - {0.0} == {*np.abs(conv.weight).flat})
    (from_matrix, _), (from_kernel, _) = (
        compile_graph(filtered(weight, lag=2), options) for weight in (dense(conv), conv)
    )
    assert all(isinstance(projection.weight, Convolution) for projection in from_kernel.projections)
    assert_same_network(from_matrix, from_kernel)


@every_kind
def test_a_float_run_is_that_of_the_matrix(weight: Any, matrix: Floats, whole_kind: type):
    samples = RNG.normal(size=(2, 40))
    expected, messages = (simulate(filtered(given), samples, 5, seed=1) for given in (matrix, weight))
    np.testing.assert_allclose(messages["features"], expected["features"], atol=1e-12)
    assert messages["features"].any()


def test_large_convolutions_never_become_matrices(monkeypatch: pytest.MonkeyPatch):
    """A matrix of these would hold a billion numbers."""

    def refuse(*_: Any) -> None:
        raise AssertionError("expanded")

    for kind in (Convolution, FloatConvolution):
        monkeypatch.setattr(kind, "entries", refuse)
    conv = FloatConvolution(RNG.normal(size=(32, 16, 5, 5)), (16, 32, 32), padding=(2, 2))
    network, _ = compile_graph(filtered(conv), Options(weight_slices=2))
    assert [projection.weight.values().size for projection in network.projections] == [12800, 12800]


def test_pooling_compiles():
    network, _ = compile_graph(filtered(average_pool((2, 4, 4), (2, 2), (2, 2))))
    assert {*network.projections[0].weight.values().tolist()} == {254}


def test_the_error_for_an_illegal_convolution_names_its_projection():
    broken = FloatConvolution(np.ones((1, 1, 2, 2)), (1, 3, 3), stride=(0, 1))
    part = FloatPopulation("p", 4, FloatAccumulator(np.zeros(4), -1.0, 1.0), FloatGraded())
    with pytest.raises(QuantalError) as caught:
        Graph("g", (part,), (FloatProjection("f", "p", "p", broken),))
    assert str(caught.value) == (
        "graph g: projection f: stride is (0, 1), expected whole numbers of 1 or more (rows, columns)"
    )


def test_a_convolution_of_another_image_size_is_refused():
    part = FloatPopulation("p", 4, FloatAccumulator(np.zeros(4), -1.0, 1.0), FloatGraded())
    other = FloatConvolution(np.ones((1, 1, 2, 2)), (1, 3, 3))
    with pytest.raises(QuantalError, match=r"weight is \(4, 9\), expected \(4, 4\) \(target units, source units\)$"):
        Graph("g", (part,), (FloatProjection("f", "p", "p", other),))
