"""Every kind of weight: the kernel equals `apply`, all kinds agree, and the bounds of `reach` are attained."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.kernels import KERNELS
from quantal.neuro.protocols import Weight
from quantal.neuro.synapses import WEIGHTS, Convolution, Dense, Sparse

Draw = st.DrawFn
FULL = 2**23 - 1


def dense_of(matrix: Integers) -> Dense:
    return Dense(matrix)


def sparse_of(matrix: Integers) -> Sparse:
    """The same weights as a list, last connection first: its order must not matter."""
    target, source = (axis[::-1] for axis in np.nonzero(matrix))
    return Sparse(target, source, matrix[target, source], *matrix.shape)


def convolution_of(matrix: Integers) -> Convolution:
    """The same weights between images of one pixel, with one channel per unit."""
    return Convolution(matrix[:, :, np.newaxis, np.newaxis], (matrix.shape[1], 1, 1))


FORMS = {Dense: dense_of, Sparse: sparse_of, Convolution: convolution_of}
forms = pytest.mark.parametrize("form", FORMS.values())


def kernel_sum(weight: Weight, message: Integers, exponent: int, before: Integers | int = 0) -> list[int]:
    a = np.full(weight.shape[0], before, np.int32)
    kernel = KERNELS[type(weight)]
    kernel.compiled(message.astype(np.int32), exponent, *kernel.pack(weight), a)
    return a.tolist()


def plain_sum(weight: Weight, message: Integers, exponent: int) -> list[int]:
    return (weight.apply(message[np.newaxis])[0] << exponent).tolist()


@st.composite
def sums(draw: Draw) -> tuple[Integers, Integers, int]:
    """A matrix, messages from a few packets to far beyond 16 bits, and an exponent that keeps sums within 32 bits."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.integers(1, 9)), draw(st.integers(1, 40))
    present = rng.random(shape) < draw(st.sampled_from([0, 0.1, 0.5, 1]))
    step = draw(st.sampled_from([1, 2, 4, 64]))
    matrix = present * step * rng.integers(-256 // step, 255 // step, shape, endpoint=True)
    largest = draw(st.sampled_from([0, 1, 5, 127, 300, 2**15 + 1, 2**16]))
    message = rng.integers(-largest, largest, shape[1], endpoint=True)
    reach = max(1, int(np.abs(matrix).sum(axis=1).max()) * largest)
    return matrix, message, draw(st.integers(0, max(0, min(16, 31 - reach.bit_length()))))


def test_every_form_is_tested():
    assert set(FORMS) == {*WEIGHTS.values()}


@forms
@settings(max_examples=300, deadline=None)
@given(case=sums())
def test_kernel_adds_what_apply_gives(form, case: tuple[Integers, Integers, int]):
    matrix, message, exponent = case
    expected = [value + 1000 for value in plain_sum(form(matrix), message, exponent)]
    assert kernel_sum(form(matrix), message, exponent, before=1000) == expected


@forms
@pytest.mark.parametrize(
    "message",
    [
        [127], [128], [-127], [-128], [255], [256], [-255], [-256], [64, 63], [64, 64], [-64, -63], [100, 26, 1],
        [100, 26, 2], [200, 55], [200, 56], [1] * 127, [1] * 128, [-1] * 255, [-1] * 256, [127, 1], [1, 255], [256, 1],
        [124, 1, 1, 1, 1], [32, 32, 32, 31, 1], [2, 2, 2, 2] * 16, [1] * 300, [2**15 - 1], [2**15], [-(2**15)], [2**16],
        [1, 2**15, 1],
    ],
)  # fmt: skip
@pytest.mark.parametrize("extreme", [-256, 254, -255, 128])
@pytest.mark.parametrize("exponent", [0, 3])
def test_the_largest_weights_at_the_limits_of_16_bits(form, message: list[int], extreme: int, exponent: int):
    matrix = np.full((5, len(message)), extreme)
    matrix[1], matrix[2, ::2], matrix[3] = -extreme - 2, 0, 2
    weight = form(matrix)
    assert kernel_sum(weight, np.array(message), exponent) == plain_sum(weight, np.array(message), exponent)


@forms
def test_a_long_message_without_connections_adds_nothing(form):
    """Its product with the exponent has more than 32 bits."""
    assert kernel_sum(form(np.zeros((3, 2), np.int64)), np.array([FULL, -FULL]), 16, before=5) == [5, 5, 5]


@forms
@given(case=sums())
def test_apply_is_the_matrix_product(form, case: tuple[Integers, Integers, int]):
    matrix, message, _ = case
    batch = np.stack([message, message[::-1], 0 * message])
    assert np.array_equal(form(matrix).apply(batch), np.einsum("ts,bs->bt", matrix, batch))


@forms
@given(case=sums(), low=st.integers(-300, 0), high=st.integers(0, 300))
def test_reach_is_attained_by_the_extreme_messages(form, case: tuple[Integers, Integers, int], low: int, high: int):
    weight = form(case[0])
    lowest, highest = weight.reach(low, high)
    for unit, row in enumerate(case[0]):
        upwards, downwards = np.where(row > 0, high, low), np.where(row > 0, low, high)
        assert weight.apply(upwards[np.newaxis])[0, unit] == highest[unit]
        assert weight.apply(downwards[np.newaxis])[0, unit] == lowest[unit]


@forms
@given(case=sums(), seed=st.integers(0, 99))
def test_reach_of_messages_with_ranges_of_their_own(form, case: tuple[Integers, Integers, int], seed: int):
    matrix = case[0]
    low, high = np.sort(np.random.default_rng(seed).integers(-300, 300, (2, matrix.shape[1])), axis=0)
    lowest, highest = form(matrix).reach(low, high)
    ends = np.stack([matrix * low, matrix * high])
    assert np.array_equal(lowest, ends.min(axis=0).sum(axis=1))
    assert np.array_equal(highest, ends.max(axis=0).sum(axis=1))


@forms
@given(case=sums())
def test_no_message_leaves_the_reach(form, case: tuple[Integers, Integers, int]):
    matrix, message, _ = case
    lowest, highest = form(matrix).reach(message.min(), message.max())
    a = form(matrix).apply(message[np.newaxis])[0]
    assert ((lowest <= a) & (a <= highest)).all()


@forms
@given(case=sums())
def test_entries_are_every_connection_that_is_not_zero(form, case: tuple[Integers, Integers, int]):
    target, source, weight = form(case[0]).entries()
    rebuilt = np.zeros_like(case[0])
    rebuilt[target, source] = weight
    assert np.array_equal(rebuilt, case[0])
    assert (weight != 0).all()


@forms
@given(case=sums())
def test_values_hold_every_weight(form, case: tuple[Integers, Integers, int]):
    assert set(case[0][case[0] != 0]) <= set(form(case[0]).values())
    assert form(case[0]).shape == case[0].shape
    assert form(case[0]).problems() == []


@forms
@pytest.mark.parametrize("given", [np.int8, np.uint8, np.int32, np.int64])
def test_weights_of_any_width_are_stored_in_16_bits(form, given: type):
    matrix = np.array([[2, 0], [4, 126]], given)
    weight = form(matrix)
    assert weight.values().dtype == np.int16
    assert [part.dtype for part in weight.entries()] == [np.int64] * 3
    assert weight.apply(np.array([[2**22, 2**22]])).tolist() == [[2**23, 2**22 * 130]]
    assert matrix.dtype == given


@forms
def test_a_weight_that_needs_more_bits_keeps_its_value_for_the_error(form):
    assert form(np.array([[2, 70_000]])).values().max() == 70_000


def three(*units: int) -> Integers:
    return np.array(units)


@pytest.mark.parametrize(
    ("weight", "problem"),
    [
        (Dense(np.zeros(3, np.int64)), "matrix is int16 (3,), expected whole numbers (target units, source units)"),
        (Dense(np.zeros((3, 2))), "matrix is float64 (3, 2), expected whole numbers (target units, source units)"),
        (Sparse(three(0, 3), three(0, 1), three(2, 2), 3, 2), "target holds unit 3, expected 0 to 2"),
        (Sparse(three(0, 2), three(0, -1), three(2, 2), 3, 2), "source holds unit -1, expected 0 to 1"),
        (Sparse(three(0, 2), three(0), three(2, 2), 3, 2), "source is int32 (1,), expected whole numbers (2,)"),
        (
            Sparse(three(0, 2), three(0, 1), np.array([2.0, 2.0]), 3, 2),
            "weight is float64 (2,), expected whole numbers (2,)",
        ),
        (Sparse(three(0, 0), three(1, 1), three(2, 4), 3, 2), "a pair of units is connected twice"),
    ],
)
def test_problems_are_named(weight: Weight, problem: str):
    assert weight.problems() == [problem]
