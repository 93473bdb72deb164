"""Silent: a population that sends nothing, such as a read-out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.protocols import NO_STATES, Equations, Floats, FloatState, Integration, State, no_draws, no_limits


@dataclass(frozen=True)
class Silent:
    """`message = 0`."""

    states: ClassVar = NO_STATES
    limits = no_limits
    draw_count = no_draws

    def problems(self, size: int) -> list[str]:
        return []

    def step(self, own: State, v: Integers, uniform: Integers) -> tuple[Integers, State, Integers]:
        return np.zeros_like(v), own, v

    def message_range(self, lowest: int, highest: int) -> tuple[int, int]:
        return 0, 0

    def equations(self) -> Equations:
        return Equations("message = 0")


@dataclass(frozen=True)
class FloatSilent:
    """`m = 0` in physical units."""

    states: ClassVar = NO_STATES

    def problems(self, size: int) -> list[str]:
        return []

    def step(self, own: FloatState, v: Floats, generator: np.random.Generator) -> tuple[Floats, FloatState, Floats]:
        return np.zeros_like(v), own, v

    def message_bound(self, lowest: float, highest: float) -> float:
        return 0.0

    def message_scale(self, state_scale: float, bound: float, message_bits: int) -> float:
        return 1.0

    def finest_state_scale(self) -> float:
        return 0.0

    def quantise(self, state_scale: float, message_scale: float, integration: Integration) -> Silent:
        return Silent()
