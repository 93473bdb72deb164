"""Carry: a membrane potential that sums its input in fractions, so that small increments are not lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from quantal.neuro.arithmetic import STATE_MAX, Integers, saturate, shift_right
from quantal.neuro.neurons.limits import (
    float_ranged,
    integer_range,
    largest_size,
    range_problems,
    with_unit_range,
    within_unit_range,
)
from quantal.neuro.protocols import ADDED_LATER, Equations, Floats, FloatState, Limits, State, whole


@dataclass(frozen=True, eq=False)
class Carry:
    """`rest ← rest + a + bias`, `v ← saturate(v + (rest >> bits))`, `rest ← rest mod 2^bits`.

    A 1 in the input is `2^−bits` of a 1 in the potential; what does not make a whole one waits in `rest`.

    Parameters
    ----------
    bias
        `(units,)`, added to the input at every step.
    bits
        Number of fractional bits of the input, 1 to 23.
    lowest, highest
        Range of `v`.
    unit_range
        Range of `v` of each unit within that, `(2, units)`, in which it saturates; by default the same for all.
    """

    bias: Integers
    bits: int
    lowest: int = -STATE_MAX
    highest: int = STATE_MAX
    unit_range: Integers | None = field(default=None, metadata=ADDED_LATER)

    states: ClassVar[tuple[str, ...]] = ("rest", "v")

    def problems(self, size: int) -> list[str]:
        return range_problems(self, size) + whole(self.bits, "bits", 1, 23)

    def limits(self) -> Limits:
        return {"rest": (0, 2**self.bits - 1), "v": (self.lowest, self.highest)}

    def step(self, state: State, a: Integers) -> State:
        rest = state["rest"] + a + self.bias
        carried = shift_right(rest, self.bits)
        v = within_unit_range(self, saturate(state["v"] + carried, self.lowest, self.highest))
        return {"rest": rest % 2**self.bits, "v": v}

    def equations(self) -> Equations:
        equations = Equations(
            "rest = rest + a + bias\n"
            "v = saturate(v + shift_right(rest, bits), lowest, highest)\n"
            "rest = rest - shift_right(rest, bits) * one",
            constants={"bits": self.bits, "one": 2**self.bits, "lowest": self.lowest, "highest": self.highest},
            vectors={"bias": self.bias},
        )
        return with_unit_range(self, equations)


@dataclass(frozen=True, eq=False)
class FloatCarry:
    """`v ← clamp(v + a + bias)` in physical units.

    Parameters
    ----------
    bias
        `(units,)`, added to `v` at every step.
    lowest, highest
        Range of `v`.
    unit_range
        Range of `v` of each unit within that, `(2, units)`, in which it saturates; by default the same for all.
    bits
        Number of fractional bits that the integer input has below the potential.
    """

    bias: Floats
    lowest: float
    highest: float
    bits: int
    unit_range: Floats | None = field(default=None, metadata=ADDED_LATER)

    states: ClassVar[tuple[str, ...]] = ("v",)

    def problems(self, size: int) -> list[str]:
        return float_ranged(self, size) + whole(self.bits, "bits", 1, 23)

    def step(self, state: FloatState, a: Floats) -> FloatState:
        v = np.clip(state["v"] + a + self.bias, self.lowest, self.highest)
        return {"v": within_unit_range(self, v)}

    def finest_state_scale(self) -> float:
        return largest_size(self.bias) * 2**self.bits / STATE_MAX

    def sum_scale(self, state_scale: float) -> float:
        return state_scale / 2**self.bits

    def quantise(self, state_scale: float) -> Carry:
        return Carry(
            bias=np.rint(self.bias / self.sum_scale(state_scale)).astype(np.int64),
            bits=self.bits,
            **integer_range(self, state_scale),
        )
