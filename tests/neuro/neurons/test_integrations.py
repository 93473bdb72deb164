"""Accumulator and Memoryless: the kernel is the step, over all legal numbers, and the step is its equation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.neuro.arithmetic import STATE_MAX, Integers
from quantal.neuro.engine.kernels import KERNELS
from quantal.neuro.errors import QuantalError
from quantal.neuro.neurons import (
    INTEGRATIONS,
    Accumulator,
    FloatAccumulator,
    FloatMemoryless,
    Memoryless,
    register_integration,
)
from quantal.neuro.protocols import Integration

from support.strategies import decays, ends, overflows, sizes, vectors

Draw = st.DrawFn


def accumulator(draw: Draw, size: int) -> Accumulator:
    return Accumulator(draw(vectors(size)), draw(decays), -draw(ends), draw(ends), draw(overflows))


def memoryless(draw: Draw, size: int) -> Memoryless:
    return Memoryless(draw(vectors(size)), -draw(ends), draw(ends), draw(overflows))


@st.composite
def situations(draw: Draw) -> tuple[Integration, Integers, Integers]:
    """An integration, a state that it can reach, and any input of 24 bits."""
    size = draw(sizes)
    integration = draw(st.sampled_from([accumulator, memoryless]))(draw, size)
    return integration, draw(vectors(size, integration.lowest, integration.highest)), draw(vectors(size))


def kernel_step(integration: Integration, state: Integers, a: Integers) -> Integers:
    variables = state[np.newaxis].astype(np.int32)
    kernel = KERNELS[type(integration)]
    kernel.compiled(variables, a.astype(np.int32), kernel.pack(integration).astype(np.int32))
    return variables[0]


def plain_step(integration: Integration, state: Integers, a: Integers) -> Integers:
    (name,) = integration.states
    return integration.step({name: state[np.newaxis]}, a[np.newaxis])[name][0]


@settings(max_examples=100, deadline=None)
@given(situations())
def test_kernel_is_the_step(situation: tuple[Integration, Integers, Integers]):
    assert kernel_step(*situation).tolist() == plain_step(*situation).tolist()


@settings(max_examples=60, deadline=None)
@given(situations())
def test_state_stays_in_its_range(situation: tuple[Integration, Integers, Integers]):
    state = plain_step(*situation)
    assert ((situation[0].lowest <= state) & (state <= situation[0].highest)).all()


@settings(max_examples=60, deadline=None)
@given(situations())
def test_legal_numbers_have_no_problems(situation: tuple[Integration, Integers, Integers]):
    assert situation[0].problems(len(situation[1])) == []


def test_accumulator_leaks_then_adds():
    integration = Accumulator(np.array([3, 3, 3]), decay=2048)
    assert plain_step(integration, np.array([9, -9, 0]), np.array([100, 100, -1])).tolist() == [107, 99, 2]


def test_accumulator_without_decay_never_leaks():
    assert plain_step(Accumulator(np.array([0])), np.array([-STATE_MAX]), np.array([0])) == [-STATE_MAX]


def test_memoryless_forgets():
    assert plain_step(Memoryless(np.array([3])), np.array([1000]), np.array([-5])) == [-2]


@pytest.mark.parametrize("kind", [Accumulator, Memoryless])
def test_ends_of_the_range(kind: type):
    saturating = kind(np.array([0, 0]), lowest=-4, highest=5)
    wrapping = kind(np.array([0, 0]), lowest=-4, highest=5, overflow="wrap")
    zero, a = np.array([0, 0]), np.array([6, -5])
    assert plain_step(saturating, zero, a).tolist() == [5, -4]
    assert plain_step(wrapping, zero, a).tolist() == [-4, 5]


@pytest.mark.parametrize(
    ("integration", "problem"),
    [
        (Accumulator(np.zeros(2, np.int64), decay=4097), "decay is 4097, expected a whole number from 0 to 4096"),
        (Accumulator(np.zeros(2, np.int64), decay=0.5), "decay is 0.5, expected a whole number from 0 to 4096"),
        (Accumulator(np.zeros(3, np.int64)), "bias is int64 (3,), expected int64 (2,)"),
        (Memoryless(np.zeros(2)), "bias is float64 (2,), expected int64 (2,)"),
        (Memoryless(np.array([0, 2**23])), "bias[1] is 8388608, expected -8388607 to 8388607"),
        (Memoryless(np.zeros(2, np.int64), lowest=1), "lowest is 1, expected a whole number from -8388607 to 0"),
        (
            Memoryless(np.zeros(2, np.int64), highest=2**23),
            "highest is 8388608, expected a whole number from 0 to 8388607",
        ),
        (
            Memoryless(np.zeros(2, np.int64), overflow="panic"),
            "overflow is 'panic', expected one of ['saturate', 'wrap']",
        ),
    ],
)
def test_problems_are_named(integration: Integration, problem: str):
    assert integration.problems(2) == [problem]


@pytest.mark.parametrize(
    ("integration", "problem"),
    [
        (FloatAccumulator(np.zeros(1), -1.0, 1.0), "bias is (1,), expected (2,)"),
        (FloatAccumulator(np.zeros(2), -1.0, 1.0, decay=np.nan), "decay[0] is nan, expected a finite number"),
        (FloatMemoryless(np.array([0, np.inf]), -1.0, 1.0), "bias[1] is inf, expected a finite number"),
        (FloatMemoryless(np.zeros(2), -np.inf, 1.0), "lowest[0] is -inf, expected a finite number"),
        (FloatMemoryless(np.zeros(2), 0.5, 1.0), "the range does not hold 0"),
    ],
)
def test_problems_of_float_kinds_are_named(integration: FloatMemoryless, problem: str):
    assert integration.problems(2) == [problem]


def test_quantised_accumulator_takes_the_steps_of_the_float_one():
    exact = FloatAccumulator(np.array([0.5, -0.25]), -4.0, 8.0, decay=0.25)
    counted = exact.quantise(2**-10)
    v = exact.step({"v": np.array([[1.0, 7.5]])}, np.array([[0.125, 9.0]]))["v"]
    assert (plain_step(counted, np.array([1024, 7680]), np.array([128, 9216])) / 1024).tolist() == v[0].tolist()


def test_quantised_memoryless_takes_the_steps_of_the_float_one():
    exact = FloatMemoryless(np.array([0.5, -0.25]), -4.0, 8.0)
    v = exact.step({}, np.array([[0.125, 9.0]]))["v"]
    counted = plain_step(exact.quantise(2**-10), np.zeros(2, np.int64), np.array([128, 9216]))
    assert (counted / 1024).tolist() == v[0].tolist()


@pytest.mark.parametrize("kind", [FloatAccumulator, FloatMemoryless])
def test_quantised_range_fits_in_24_bits(kind: type):
    counted = kind(np.zeros(1), -2.0, 2.0).quantise(2e-7)
    assert (counted.lowest, counted.highest) == (-STATE_MAX, STATE_MAX)


@dataclass(frozen=True, eq=False)
class Renamed(Accumulator):
    """An accumulator whose potential has another name."""

    states = ("x",)


def test_an_integration_without_a_potential_is_not_registered():
    with pytest.raises(QuantalError) as caught:
        register_integration(Renamed)
    assert str(caught.value) == (
        "states of Renamed: the last state variable is not the membrane potential\n"
        "  expected 'v' as the last, got ('x',)"
    )
    assert "Renamed" not in INTEGRATIONS
