"""Which kernels the engine accepts, and how it refuses kinds without one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import quantal
from quantal.neuro import engine
from quantal.neuro.engine.compiled import compiled
from quantal.neuro.engine.kernels.kernel import CONNECT, EMIT, KERNELS, kernel_of, register_kernel
from quantal.neuro.errors import QuantalError, Refusal
from quantal.neuro.neurons import Cuba, Silent
from quantal.neuro.simulate import reference

from support.networks import everything_drive, everything_network


@dataclass(frozen=True)
class Quiet(Silent):
    """An emission without a kernel."""


def nothing(state, draws, numbers, message):
    message[:] = 0


def test_a_kind_without_a_kernel_is_refused_by_name_and_runs_on_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(KERNELS, Cuba)
    network, drive = everything_network(seed=11), everything_drive(2, 5)
    with pytest.raises(Refusal) as caught:
        engine.run(network, drive, 5)
    known = ", ".join(kind.__name__ for kind in KERNELS)
    assert str(caught.value) == (
        "population layer: the engine has no kernel for Cuba\n"
        f"  expected one of {known}\n"
        "  run it on the reference, Brian2 or Lava, or register a kernel with quantal.register_kernel"
    )
    assert "Accumulator, " in known
    assert reference.run(network, drive, 5).states["layer"]["v"].any()


def test_a_kernel_of_another_role_is_refused() -> None:
    made = compiled(EMIT)(nothing)
    with pytest.raises(QuantalError) as caught:
        register_kernel(Quiet, made, lambda kind: np.zeros(0), CONNECT)
    assert str(caught.value) == (
        "kernel of Quiet: a kernel with another signature would be called with the wrong numbers\n"
        "  expected (Array(int32, 1, 'C', False, aligned=True), int64, Array(int16, 1, 'C', False, aligned=True), "
        "Array(int32, 1, 'C', False, aligned=True), Array(int32, 1, 'C', False, aligned=True)), got "
        "(Array(int32, 2, 'C', False, aligned=True), Array(int32, 1, 'C', False, aligned=True), "
        "Array(int32, 1, 'C', False, aligned=True), Array(int32, 1, 'C', False, aligned=True))\n"
        '  compile it with @compiled("void(int32[::1], int64, int16[::1], int32[::1], int32[::1])")'
    )
    assert Quiet not in KERNELS


def test_a_function_that_is_not_compiled_is_refused() -> None:
    with pytest.raises(QuantalError) as caught:
        register_kernel(Quiet, nothing, lambda kind: np.zeros(0), EMIT)
    assert "got a function that is not compiled\n" in str(caught.value)
    assert Quiet not in KERNELS


def test_the_front_door_registers_kernels() -> None:
    assert quantal.register_kernel is register_kernel


def test_a_registered_kernel_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(KERNELS, Silent)
    with pytest.raises(Refusal, match="no kernel for Silent"):
        kernel_of(Silent, "here")
    register_kernel(Silent, compiled(EMIT)(nothing), lambda kind: np.zeros(0, np.int64), EMIT)
    message = np.ones(3, np.int32)
    KERNELS[Silent].compiled(np.zeros((1, 3), np.int32), np.zeros(0, np.int32), np.zeros(0, np.int32), message)
    assert message.tolist() == [0, 0, 0]
