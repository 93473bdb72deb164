"""Graded: the signed state itself as a message, as for prediction errors and expectations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from quantal.neuro.arithmetic import STATE_MAX, Integers, shift_right
from quantal.neuro.protocols import NO_STATES, Equations, Floats, FloatState, Integration, State, finite, whole


@dataclass(frozen=True)
class Graded:
    """`m = v >> shift` (rounded down), sent where `|m| > dead_zone`, else 0.

    Parameters
    ----------
    shift
        Number of low bits of the state that are not sent.
    dead_zone
        Largest absolute message that is not sent; 0 sends all.
    """

    shift: int = 0
    dead_zone: int = 0

    states: ClassVar = NO_STATES
    draws: ClassVar[int] = 0

    def problems(self, size: int) -> list[str]:
        return whole(self.shift, "shift", 0, 23) + whole(self.dead_zone, "dead_zone", 0, STATE_MAX)

    def step(self, own: State, v: Integers, uniform: Integers) -> tuple[Integers, State, Integers]:
        value = shift_right(v, self.shift)
        return np.where(np.abs(value) > self.dead_zone, value, 0), own, v

    def message_range(self, lowest: int, highest: int) -> tuple[int, int]:
        return lowest >> self.shift, highest >> self.shift

    def equations(self) -> Equations:
        return Equations(
            "value = shift_right(v, shift)\nmessage = value * int(value > dead_zone or value < -dead_zone)",
            constants={"shift": self.shift, "dead_zone": self.dead_zone},
        )


@dataclass(frozen=True)
class FloatGraded:
    """`m = v`, sent where `|m| > dead_zone`; `dead_zone` is on the scale of v."""

    dead_zone: float = 0.0

    states: ClassVar = NO_STATES

    def problems(self, size: int) -> list[str]:
        return finite(self.dead_zone, "dead_zone")

    def step(self, own: FloatState, v: Floats, generator: np.random.Generator) -> tuple[Floats, FloatState, Floats]:
        return np.where(np.abs(v) > self.dead_zone, v, 0.0), own, v

    def message_bound(self, lowest: float, highest: float) -> float:
        return max(-lowest, highest)

    def message_scale(self, state_scale: float, bound: float, message_bits: int) -> float:
        """The finest power of two times `state_scale` in which `bound` takes at most `message_bits` bits."""
        return state_scale * 2 ** max(0, round(bound / state_scale).bit_length() - message_bits)

    def finest_state_scale(self) -> float:
        return 0.0

    def quantise(self, state_scale: float, message_scale: float, integration: Integration) -> Graded:
        return Graded(round(float(np.log2(message_scale / state_scale))), round(self.dead_zone / message_scale))
