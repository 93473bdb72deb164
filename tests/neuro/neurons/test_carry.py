"""Carry: the kernel is the step, and no increment is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.neuro.arithmetic import STATE_MAX
from quantal.neuro.engine.kernels import KERNELS
from quantal.neuro.neurons import Carry, FloatCarry

from support.strategies import ends, sizes, vectors


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_kernel_is_the_step_and_no_state_leaves_its_limits(data: st.DataObject):
    size = data.draw(sizes)
    kind = Carry(data.draw(vectors(size)), data.draw(st.integers(1, 23)), -data.draw(ends), data.draw(ends))
    assert kind.problems(size) == []
    state = {name: data.draw(vectors(size, *limits)) for name, limits in kind.limits().items()}
    a, kernel = data.draw(vectors(size)), KERNELS[Carry]
    variables = np.stack([*state.values()]).astype(np.int32)
    kernel.compiled(variables, a.astype(np.int32), kernel.pack(kind).astype(np.int32))
    after = kind.step({name: value[np.newaxis] for name, value in state.items()}, a[np.newaxis])
    assert variables.tolist() == [value[0].tolist() for value in after.values()]
    for name, (low, high) in kind.limits().items():
        assert ((low <= after[name]) & (after[name] <= high)).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.lists(st.integers(-3000, 3000), max_size=30))
def test_the_potential_is_the_rounded_down_sum_of_all_input(bits: int, inputs: list[int]):
    kind = Carry(np.array([5]), bits)
    state = {"rest": np.zeros((1, 1), np.int64), "v": np.zeros((1, 1), np.int64)}
    for a in inputs:
        state = kind.step(state, np.array([[a]]))
    assert state["v"] == (sum(inputs) + 5 * len(inputs)) >> bits
    assert state["rest"] == (sum(inputs) + 5 * len(inputs)) % 2**bits


def test_the_potential_saturates_and_the_rest_does_not():
    state = Carry(np.zeros(1, np.int64), 2, -3, 4).step({"rest": np.array([3]), "v": np.array([4])}, np.array([7]))
    assert (state["v"], state["rest"]) == (4, 2)


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        (Carry(np.zeros(1, np.int64), 0), "bits is 0, expected a whole number from 1 to 23"),
        (Carry(np.zeros(2, np.int64), 1), "bias is int64 (2,), expected int64 (1,)"),
        (FloatCarry(np.zeros(1), -1.0, 1.0, 24), "bits is 24, expected a whole number from 1 to 23"),
    ],
)
def test_problems_are_named(kind: Carry, problem: str):
    assert kind.problems(1) == [problem]


def test_the_finest_scale_is_that_at_which_the_bias_fits():
    exact = FloatCarry(np.array([0.5, -0.75]), -4.0, 8.0, bits=5)
    finest = exact.finest_state_scale()
    assert exact.quantise(finest).bias.tolist() == [round(STATE_MAX * 2 / 3), -STATE_MAX]


def test_quantised_carry_takes_the_steps_of_the_float_one():
    exact = FloatCarry(np.array([0.5, -0.25]), -4.0, 8.0, bits=5)
    counted = exact.quantise(2**-10)
    assert exact.sum_scale(2**-10) == 2**-15
    v = exact.step({"v": np.array([[1.0, 7.5]])}, np.array([[0.125, 9.0]]))["v"]
    a = np.array([[2**12, 9 * 2**15]])
    steps = counted.step({"rest": np.zeros((1, 2), np.int64), "v": np.array([[1024, 7680]])}, a)
    assert (steps["v"] / 1024).tolist() == v.tolist()
    assert (counted.lowest, FloatCarry(np.zeros(1), -2.0, 2.0, 1).quantise(2e-7).highest) == (-4096, STATE_MAX)
