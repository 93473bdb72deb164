"""Accumulator: a membrane potential that sums its input, with or without a leak."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from quantal.neuro.arithmetic import DECAY_UNITY, OVERFLOW, STATE_MAX, Integers, leak
from quantal.neuro.neurons.limits import (
    float_ranged,
    integer_range,
    largest_size,
    ranged,
    with_unit_range,
    within_unit_range,
)
from quantal.neuro.protocols import ADDED_LATER, Equations, Floats, FloatState, Limits, State, finite, whole


@dataclass(frozen=True, eq=False)
class Accumulator:
    """`v ← overflow(leak(v, decay) + a + bias)`; `decay = 0` never leaks.

    Parameters
    ----------
    bias
        `(units,)`, added at every step.
    decay
        In 1/4096 of the state per step.
    lowest, highest
        Range of `v`.
    unit_range
        Range of `v` of each unit within that, `(2, units)`, in which it saturates; by default the same for all.
    overflow
        What happens beyond the range: `saturate` or `wrap`.
    """

    bias: Integers
    decay: int = 0
    lowest: int = -STATE_MAX
    highest: int = STATE_MAX
    overflow: str = "saturate"
    unit_range: Integers | None = field(default=None, metadata=ADDED_LATER)

    states: ClassVar[tuple[str, ...]] = ("v",)

    def problems(self, size: int) -> list[str]:
        return ranged(self, size) + whole(self.decay, "decay", 0, DECAY_UNITY)

    def limits(self) -> Limits:
        return {"v": (self.lowest, self.highest)}

    def step(self, state: State, a: Integers) -> State:
        v = leak(state["v"], self.decay) + a + self.bias
        return {"v": within_unit_range(self, OVERFLOW[self.overflow](v, self.lowest, self.highest))}

    def equations(self) -> Equations:
        equations = Equations(
            f"v = {self.overflow}(leak(v, decay) + a + bias, lowest, highest)",
            constants={"decay": self.decay, "lowest": self.lowest, "highest": self.highest},
            vectors={"bias": self.bias},
        )
        return with_unit_range(self, equations)


@dataclass(frozen=True, eq=False)
class FloatAccumulator:
    """`v ← clamp((1 − decay) v + a + bias)` in physical units.

    Parameters
    ----------
    bias
        `(units,)`, added to `v` at every step.
    decay
        Share of `v` that leaks away in one step, 0 to 1.
    lowest, highest
        Range of `v`.
    unit_range
        Range of `v` of each unit within that, `(2, units)`, in which it saturates; by default the same for all.
    """

    bias: Floats
    lowest: float
    highest: float
    decay: float = 0.0
    unit_range: Floats | None = field(default=None, metadata=ADDED_LATER)

    states: ClassVar[tuple[str, ...]] = ("v",)

    def problems(self, size: int) -> list[str]:
        return float_ranged(self, size) + finite(self.decay, "decay")

    def step(self, state: FloatState, a: Floats) -> FloatState:
        v = (1 - self.decay) * state["v"] + a + self.bias
        return {"v": within_unit_range(self, np.clip(v, self.lowest, self.highest))}

    def finest_state_scale(self) -> float:
        return largest_size(self.bias) / STATE_MAX

    def sum_scale(self, state_scale: float) -> float:
        return state_scale

    def quantise(self, state_scale: float) -> Accumulator:
        return Accumulator(
            bias=np.rint(self.bias / state_scale).astype(np.int64),
            decay=round(self.decay * DECAY_UNITY),
            **integer_range(self, state_scale),
        )
