"""Graded: the signed state itself as a message, as prediction errors and expectations send it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numba import njit

from neuro.arithmetic import STATE_MAX, Integers, shift_right
from neuro.kinds.kind import NO_STATES, Equations, Floats, FloatState, Integration, State, finite, whole


@njit("void(int32[:,::1], int32[::1], int32[::1], int32[::1])", cache=True, nogil=True)
def _kernel(state, uniform, parameters, message):
    shift, dead_zone = parameters[0], parameters[1]
    v = state[-1]
    for unit in range(v.size):
        value = v[unit] >> shift
        message[unit] = value if abs(value) > dead_zone else 0


@dataclass(frozen=True)
class Graded:
    """`m = v >> shift` (rounded down), sent where `|m| > dead_zone`, else 0.

    Parameters
    ----------
    shift
        Bits of the state that are not sent.
    dead_zone
        Largest size of a message that is not worth sending; 0 sends all.
    """

    shift: int = 0
    dead_zone: int = 0

    states: ClassVar = NO_STATES
    draws: ClassVar[int] = 0
    kernel: ClassVar = staticmethod(_kernel)

    def problems(self, size: int) -> list[str]:
        return whole(self.shift, "shift", 0, 23) + whole(self.dead_zone, "dead_zone", 0, STATE_MAX)

    def step(self, state: State, uniform: Integers) -> tuple[Integers, State]:
        value = shift_right([*state.values()][-1], self.shift)
        return np.where(np.abs(value) > self.dead_zone, value, 0), state

    def message_range(self, lowest: int, highest: int) -> tuple[int, int]:
        return lowest >> self.shift, highest >> self.shift

    def parameters(self) -> Integers:
        return np.array([self.shift, self.dead_zone])

    def equations(self) -> Equations:
        return Equations(
            "value = shift_right(state, shift)\nmessage = value * int(value > dead_zone or value < -dead_zone)",
            constants={"shift": self.shift, "dead_zone": self.dead_zone},
        )


@dataclass(frozen=True)
class FloatGraded:
    """`m = v`, sent where `|m| > dead_zone`; `dead_zone` is in units of v."""

    dead_zone: float = 0.0

    states: ClassVar = NO_STATES

    def problems(self, size: int) -> list[str]:
        return finite(self.dead_zone, "dead_zone")

    def step(self, state: FloatState, generator: np.random.Generator) -> tuple[Floats, FloatState]:
        value = [*state.values()][-1]
        return np.where(np.abs(value) > self.dead_zone, value, 0.0), state

    def message_bound(self, lowest: float, highest: float) -> float:
        return max(-lowest, highest)

    def message_unit(self, lsb: float, bound: float, message_bits: int) -> float:
        """The finest power of two times `lsb` in which `bound` takes at most `message_bits` bits."""
        return lsb * 2 ** max(0, round(bound / lsb).bit_length() - message_bits)

    def smallest_lsb(self) -> float:
        return 0.0

    def quantise(self, lsb: float, message_unit: float, integration: Integration) -> Graded:
        return Graded(round(float(np.log2(message_unit / lsb))), round(self.dead_zone / message_unit))
