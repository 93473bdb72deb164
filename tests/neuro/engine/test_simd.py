"""Vectors in compiled code do what NumPy does, even if an array ends in the middle of one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine import simd as vectors

load, load_inside, store, splat, gather = (
    vectors.load, vectors.load_inside, vectors.store, vectors.splat, vectors.gather
)  # fmt: skip
LANES = 8
int32 = st.integers(-(2**31), 2**31 - 1)
arrays = st.lists(int32, min_size=1, max_size=20)


@njit
def every_operation(a, b, out):
    for first in range(0, a.size, LANES):
        x, y = load(a, first, LANES), load(b, first, LANES)
        store(out[0], first, x + y)
        store(out[1], first, x - y)
        store(out[2], first, x * y)
        store(out[3], first, vectors.minimum(x, y))
        store(out[4], first, vectors.maximum(x, y))
        store(out[5], first, x & y)
        store(out[6], first, x | y)
        store(out[7], first, x ^ y)
        store(out[8], first, vectors.is_greater(x, y))


@njit
def both_shifts(a, b, out):
    for first in range(0, a.size, LANES):
        x, bits = load(a, first, LANES), splat(b[0], LANES)
        store(out[0], first, x << bits)
        store(out[1], first, x >> bits)


NUMPY = (
    np.add,
    np.subtract,
    np.multiply,
    np.minimum,
    np.maximum,
    np.bitwise_and,
    np.bitwise_or,
    np.bitwise_xor,
    lambda a, b: -(a > b).astype(np.int32),
)
SHIFTS = (np.left_shift, np.right_shift)


def pair(values: list[int], seed: int) -> tuple[Integers, Integers]:
    a = np.array(values, np.int32)
    return a, np.random.default_rng(seed).integers(-(2**31), 2**31, a.size).astype(np.int32)


def assert_equal(work, a: Integers, b: Integers, operations) -> None:
    """What `work` writes is what NumPy does; memory beyond the arrays must not change."""
    out = np.full((len(operations), a.size + 40), 77, np.int32)
    work(a, b, out[:, : a.size])
    assert (out[:, a.size :] == 77).all()
    for row, operation in zip(out, operations, strict=True):
        assert row[: a.size].tolist() == operation(a, b).tolist(), operation


@settings(deadline=None)
@given(values=arrays, seed=st.integers(0, 99))
def test_lane_by_lane(values: list[int], seed: int):
    assert_equal(every_operation, *pair(values, seed), NUMPY)


@settings(deadline=None)
@given(values=arrays, bits=st.integers(0, 31))
def test_shifts(values: list[int], bits: int):
    assert_equal(both_shifts, np.array(values, np.int32), np.full(len(values), bits, np.int32), SHIFTS)


@njit
def at_most(a, b):
    return vectors.where_at_most(load(a, 0, 64), load(b, 0, 64)) & vectors.inside(a.size)


@njit
def unequal(a, b):
    return vectors.where_unequal(load(a, 0, 64), load(b, 0, 64))


@settings(deadline=None)
@given(values=st.lists(st.integers(-2, 2), min_size=1, max_size=64), seed=st.integers(0, 99))
def test_comparisons_give_one_bit_per_lane(values: list[int], seed: int):
    a = np.array(values, np.int32)
    b = np.random.default_rng(seed).integers(-2, 3, a.size).astype(np.int32)
    assert at_most(a, b) == sum(1 << int(place) for place in np.flatnonzero(a <= b))
    assert unequal(a, b) == sum(1 << int(place) for place in np.flatnonzero(a != b))


@njit
def bits_of(bits):
    return vectors.first_bit(bits), vectors.bit_count(bits)


@settings(deadline=None)
@given(st.integers(1, 2**64 - 1))
def test_bits(bits: int):
    assert bits_of(np.uint64(bits)) == ((bits & -bits).bit_length() - 1, bits.bit_count())


def test_zero_has_no_bits():
    assert bits_of(np.uint64(0)) == (64, 0)


@njit
def gathered(table, index, out):
    store(out, 0, gather(table, load(index, 0, LANES)))


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), min_size=LANES, max_size=LANES))
def test_gather(places: list[int]):
    table = np.arange(10, dtype=np.int32) * -7
    out = np.zeros(LANES, np.int32)
    gathered(table, np.array(places, np.int32), out)
    assert out.tolist() == table[places].tolist()


@njit
def widened(bytes_in, shorts_in, out):
    store(out, 0, vectors.to_int32(vectors.to_int16(load_inside(bytes_in, 0, LANES))))
    store(out, LANES, vectors.to_int32(load_inside(shorts_in, 0, LANES)))


def test_wider_types_keep_the_sign():
    numbers = np.array([-128, -1, 0, 1, 127, 5, -5, 9])
    out = np.zeros(2 * LANES, np.int32)
    widened(numbers.astype(np.int8), (numbers * 256).astype(np.int16), out)
    assert out.tolist() == [*numbers, *(numbers * 256)]


@njit
def added_to_the_middle(bytes_in, out):
    vectors.store_inside(out, 3, load_inside(out, 3, LANES) + vectors.like(load_inside(bytes_in, 0, LANES), out))


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32])
def test_lanes_are_converted_to_the_type_of_an_array(dtype: type):
    numbers = np.array([-100, -1, 0, 1, 100, 5, -5, 9])
    out = np.arange(LANES + 6, dtype=dtype)
    added_to_the_middle(numbers.astype(np.int8), out)
    assert out.tolist() == [0, 1, 2, *(3 + np.arange(LANES) + numbers), LANES + 3, LANES + 4, LANES + 5]
