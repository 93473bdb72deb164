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
def add(a, b, out):
    for first in range(0, a.size, LANES):
        store(out, first, load(a, first, LANES) + load(b, first, LANES))


@njit
def subtract(a, b, out):
    for first in range(0, a.size, LANES):
        store(out, first, load(a, first, LANES) - load(b, first, LANES))


@njit
def multiply(a, b, out):
    for first in range(0, a.size, LANES):
        store(out, first, load(a, first, LANES) * load(b, first, LANES))


@njit
def shift_left(a, b, out):
    for first in range(0, a.size, LANES):
        store(out, first, load(a, first, LANES) << splat(b[0], LANES))


@njit
def shift_right(a, b, out):
    for first in range(0, a.size, LANES):
        store(out, first, load(a, first, LANES) >> splat(b[0], LANES))


@njit
def smaller(a, b, out):
    for first in range(0, a.size, LANES):
        store(out, first, vectors.minimum(load(a, first, LANES), load(b, first, LANES)))


@njit
def larger(a, b, out):
    for first in range(0, a.size, LANES):
        store(out, first, vectors.maximum(load(a, first, LANES), load(b, first, LANES)))


@njit
def both(a, b, out):
    for first in range(0, a.size, LANES):
        store(out, first, load(a, first, LANES) & load(b, first, LANES))


@njit
def either(a, b, out):
    for first in range(0, a.size, LANES):
        store(out, first, load(a, first, LANES) | load(b, first, LANES))


@njit
def one_of_two(a, b, out):
    for first in range(0, a.size, LANES):
        store(out, first, load(a, first, LANES) ^ load(b, first, LANES))


@njit
def greater(a, b, out):
    for first in range(0, a.size, LANES):
        store(out, first, vectors.is_greater(load(a, first, LANES), load(b, first, LANES)))


NUMPY = {
    add: np.add,
    subtract: np.subtract,
    multiply: np.multiply,
    smaller: np.minimum,
    larger: np.maximum,
    both: np.bitwise_and,
    either: np.bitwise_or,
    one_of_two: np.bitwise_xor,
    greater: lambda a, b: -(a > b).astype(np.int32),
}
SHIFTS = {shift_left: np.left_shift, shift_right: np.right_shift}


def pair(values: list[int], seed: int) -> tuple[Integers, Integers]:
    a = np.array(values, np.int32)
    return a, np.random.default_rng(seed).integers(-(2**31), 2**31, a.size).astype(np.int32)


def result(work, a: Integers, b: Integers) -> list[int]:
    """What `work` writes; memory beyond the array must not change."""
    out = np.full(a.size + 40, 77, np.int32)
    work(a, b, out[: a.size])
    assert (out[a.size :] == 77).all()
    return out[: a.size].tolist()


@pytest.mark.parametrize("work", NUMPY)
@settings(deadline=None)
@given(values=arrays, seed=st.integers(0, 99))
def test_lane_by_lane(work, values: list[int], seed: int):
    a, b = pair(values, seed)
    assert result(work, a, b) == NUMPY[work](a, b).tolist()


@pytest.mark.parametrize("work", SHIFTS)
@settings(deadline=None)
@given(values=arrays, bits=st.integers(0, 31))
def test_shifts(work, values: list[int], bits: int):
    a = np.array(values, np.int32)
    assert result(work, a, np.array([bits], np.int32)) == SHIFTS[work](a, np.int32(bits)).tolist()


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
