"""Whatever is done with a weight comes out the same in every form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from quantal.neuro.compile import Options, compile_graph
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Input
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Floats, Graph
from quantal.neuro.neurons import FloatAccumulator, FloatGraded, FloatPoissonCount
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.floats import simulate
from quantal.neuro.synapses import Convolution, Dense, FloatConvolution, Sparse
from quantal.neuro.synapses.forms import FORMS, form_of, form_problems, row_sizes, stored
from quantal.neuro.synapses.pooling import average_pool

RNG = np.random.default_rng(3)
CONV = FloatConvolution(RNG.normal(size=(4, 1, 2, 3)), (2, 4, 5), (1, 2), (1, 0), (2, 1), groups=2)
PICTURES = RNG.normal(size=(3, 40))


def dense(conv: FloatConvolution) -> Floats:
    return conv.apply(np.eye(conv.shape[1])).T


WEIGHTS = {np.ndarray: dense(CONV), csr_array: csr_array(dense(CONV)), FloatConvolution: CONV}
WHOLE = {np.ndarray: Dense, csr_array: Sparse, FloatConvolution: Convolution}
every_form = pytest.mark.parametrize("weight", WEIGHTS.values(), ids=lambda weight: type(weight).__name__)


def matrix(weight: Any) -> Floats:
    return csr_array(form_of(weight).matrix(weight)).toarray()


def test_every_form_is_tested():
    assert set(WEIGHTS) == set(FORMS) == set(WHOLE)


@every_form
def test_it_stands_for_one_matrix(weight: Any):
    assert weight.shape == (CONV.shape[0], 40)
    assert np.array_equal(matrix(weight), dense(CONV))
    assert {*stored(weight).ravel()} - {0.0} == {*CONV.weight.ravel()}
    assert form_problems(weight) == []


@every_form
def test_sums_of_messages_and_of_sizes(weight: Any):
    np.testing.assert_allclose(form_of(weight).apply(weight, PICTURES), PICTURES @ dense(CONV).T, atol=1e-12)
    np.testing.assert_allclose(row_sizes(weight), np.abs(dense(CONV)).sum(axis=1), atol=1e-12)


@every_form
def test_arithmetic_keeps_the_form(weight: Any):
    form = form_of(weight)
    larger = form.scaled(weight, 4.0)
    rounded = form.mapped(larger, np.rint)
    rest = form.less(larger, rounded)
    assert type(larger) is type(rounded) is type(rest) is type(weight)
    assert np.array_equal(matrix(larger), 4 * dense(CONV))
    assert np.array_equal(matrix(rounded), np.rint(4 * dense(CONV)))
    assert np.array_equal(matrix(rest), 4 * dense(CONV) - np.rint(4 * dense(CONV)))
    assert np.array_equal(matrix(weight), dense(CONV))


@every_form
def test_whole_numbers_become_a_weight_of_the_integer_network(weight: Any):
    form = form_of(weight)
    whole = form.to_weight(form.mapped(weight, lambda value: np.rint(9 * value)))
    assert type(whole) is WHOLE[type(weight)]
    assert whole.problems() == []
    rebuilt = np.zeros(whole.shape)
    target, source, values = whole.entries()
    rebuilt[target, source] = values
    assert np.array_equal(rebuilt, np.rint(9 * dense(CONV)))


def filtered(weight: Any, lag: int = 1) -> Graph:
    """Counts of two channels, filtered and sent on as they are."""
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
    """The same mantissas, exponents and traces; units may differ in the last bit of a float sum."""
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
    # A weight that only ever meets the border isn't in the matrix, but in the kernel it still asks for room.
    assume({*np.abs(dense(conv)).flat} - {0.0} == {*np.abs(conv.weight).flat})
    (from_matrix, _), (from_kernel, _) = (
        compile_graph(filtered(weight, lag=2), options) for weight in (dense(conv), conv)
    )
    assert all(isinstance(projection.weight, Convolution) for projection in from_kernel.projections)
    assert_same_network(from_matrix, from_kernel)


@every_form
def test_a_float_run_is_that_of_the_matrix(weight: Any):
    samples = RNG.normal(size=(2, 40))
    expected, messages = (simulate(filtered(form), samples, 5, seed=1) for form in (dense(CONV), weight))
    np.testing.assert_allclose(messages["features"], expected["features"], atol=1e-12)
    assert messages["features"].any()


def test_large_convolutions_never_become_matrices(monkeypatch: pytest.MonkeyPatch):
    """A matrix of these would hold a thousand million numbers."""

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


def test_a_convolution_that_is_wrong_is_named():
    broken = FloatConvolution(np.ones((1, 1, 2, 2)), (1, 3, 3), stride=(0, 1))
    part = FloatPopulation("p", 4, FloatAccumulator(np.zeros(4), -1.0, 1.0), FloatGraded())
    with pytest.raises(QuantalError) as caught:
        Graph("g", (part,), (FloatProjection("f", "p", "p", broken),))
    assert str(caught.value) == (
        "graph g: projection f: stride is (0, 1), expected whole numbers of 1 or more (rows, columns)"
    )


def test_a_convolution_of_another_picture_is_named():
    part = FloatPopulation("p", 4, FloatAccumulator(np.zeros(4), -1.0, 1.0), FloatGraded())
    other = FloatConvolution(np.ones((1, 1, 2, 2)), (1, 3, 3))
    with pytest.raises(QuantalError, match=r"weight is \(4, 9\), expected \(4, 4\) \(target units, source units\)$"):
        Graph("g", (part,), (FloatProjection("f", "p", "p", other),))
