"""Memoryless: a state that is the input of the current step, as in a population of prediction errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from quantal.neuro.arithmetic import OVERFLOW, STATE_MAX, Integers
from quantal.neuro.neurons.limits import (
    float_ranged,
    integer_range,
    largest_size,
    ranged,
    with_unit_range,
    within_unit_range,
)
from quantal.neuro.protocols import ADDED_LATER, Equations, Floats, FloatState, Limits, State, finite


@dataclass(frozen=True, eq=False)
class Memoryless:
    """`v ← overflow(a + bias)`.

    Parameters
    ----------
    bias
        `(units,)`, added at every step.
    lowest, highest
        Range of `v`.
    unit_range
        Range of `v` of each unit within that, `(2, units)`, in which it saturates; by default the same for all.
    overflow
        What happens beyond the range: `saturate` or `wrap`.
    """

    bias: Integers
    lowest: int = -STATE_MAX
    highest: int = STATE_MAX
    overflow: str = "saturate"
    unit_range: Integers | None = field(default=None, metadata=ADDED_LATER)

    states: ClassVar[tuple[str, ...]] = ("v",)

    def problems(self, size: int) -> list[str]:
        return ranged(self, size)

    def limits(self) -> Limits:
        return {"v": (self.lowest, self.highest)}

    def step(self, state: State, a: Integers) -> State:
        v = OVERFLOW[self.overflow](a + self.bias, self.lowest, self.highest)
        return {"v": within_unit_range(self, v)}

    def equations(self) -> Equations:
        equations = Equations(
            f"v = {self.overflow}(a + bias, lowest, highest)",
            constants={"lowest": self.lowest, "highest": self.highest},
            vectors={"bias": self.bias},
        )
        return with_unit_range(self, equations)


@dataclass(frozen=True, eq=False)
class FloatMemoryless:
    """`v ← clamp(a + bias)` in physical units; `bias` is `(units,)`.

    The integer state is no finer than `resolution`; by default it is as fine as its bits allow.
    """

    bias: Floats
    lowest: float
    highest: float
    resolution: float = 0.0
    unit_range: Floats | None = field(default=None, metadata=ADDED_LATER)

    states: ClassVar[tuple[str, ...]] = ("v",)

    def problems(self, size: int) -> list[str]:
        return float_ranged(self, size) + finite(self.resolution, "resolution")

    def step(self, state: FloatState, a: Floats) -> FloatState:
        return {"v": within_unit_range(self, np.clip(a + self.bias, self.lowest, self.highest))}

    def finest_state_scale(self) -> float:
        return max(self.resolution, largest_size(self.bias) / STATE_MAX)

    def sum_scale(self, state_scale: float) -> float:
        return state_scale

    def quantise(self, state_scale: float) -> Memoryless:
        return Memoryless(
            bias=np.rint(self.bias / state_scale).astype(np.int64),
            **integer_range(self, state_scale),
        )
