"""Graded: the signed state itself as a message, as for prediction errors and expectations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from quantal.neuro.arithmetic import STATE_MAX, Integers, shift_right
from quantal.neuro.protocols import (
    ADDED_LATER,
    NO_STATES,
    Equations,
    Floats,
    FloatState,
    Integration,
    State,
    finite,
    no_draws,
    no_limits,
    whole,
)

ROUNDINGS = ("down", "nearest")


@dataclass(frozen=True)
class Graded:
    """`m = v >> shift`, rounded, sent where `|m| > dead_zone`, else 0.

    Parameters
    ----------
    shift
        Number of low bits of the state that are not sent.
    dead_zone
        Largest absolute message that is not sent; 0 sends all.
    rounding
        `down`, or `nearest`, where a half is rounded up: `(v + half) >> shift` with `half = 2^shift / 2`.
    """

    shift: int = 0
    dead_zone: int = 0
    rounding: str = field(default="down", metadata=ADDED_LATER)

    states: ClassVar = NO_STATES
    limits = no_limits
    draw_count = no_draws

    def problems(self, size: int) -> list[str]:
        return [
            *whole(self.shift, "shift", 0, 23),
            *whole(self.dead_zone, "dead_zone", 0, STATE_MAX),
            *known_rounding(self.rounding),
        ]

    @property
    def half(self) -> int:
        """What is added to the state before the shift."""
        return 2**self.shift // 2 if self.rounding == "nearest" else 0

    def step(self, own: State, v: Integers, uniform: Integers) -> tuple[Integers, State, Integers]:
        value = shift_right(v + self.half, self.shift)
        return np.where(np.abs(value) > self.dead_zone, value, 0), own, v

    def message_range(self, lowest: int, highest: int) -> tuple[int, int]:
        return (lowest + self.half) >> self.shift, (highest + self.half) >> self.shift

    def equations(self) -> Equations:
        return Equations(
            "value = shift_right(v + half, shift)\nmessage = value * int(value > dead_zone or value < -dead_zone)",
            constants={"shift": self.shift, "half": self.half, "dead_zone": self.dead_zone},
        )


@dataclass(frozen=True)
class FloatGraded:
    """`m = v`, sent where `|m| > dead_zone`.

    Parameters
    ----------
    dead_zone
        On the scale of v.
    rounding
        How the integer message is rounded, as in `Graded`.
    """

    dead_zone: float = 0.0
    rounding: str = field(default="down", metadata=ADDED_LATER)

    states: ClassVar = NO_STATES

    def problems(self, size: int) -> list[str]:
        return finite(self.dead_zone, "dead_zone") + known_rounding(self.rounding)

    def step(self, own: FloatState, v: Floats, generator: np.random.Generator) -> tuple[Floats, FloatState, Floats]:
        return np.where(np.abs(v) > self.dead_zone, v, 0.0), own, v

    def message_bound(self, lowest: float, highest: float) -> float:
        return max(-lowest, highest)

    def message_scale(self, state_scale: float, bound: float, message_bits: int) -> float:
        return graded_scale(state_scale, bound, message_bits)

    def finest_state_scale(self) -> float:
        return 0.0

    def quantise(self, state_scale: float, message_scale: float, integration: Integration) -> Graded:
        shift = shift_between(state_scale, message_scale)
        return Graded(shift, round(self.dead_zone / message_scale), self.rounding)


def known_rounding(rounding: str) -> list[str]:
    """Problem text if the rounding is unknown."""
    return [] if rounding in ROUNDINGS else [f"rounding is {rounding!r}, expected one of {[*ROUNDINGS]}"]


def graded_scale(state_scale: float, bound: float, message_bits: int) -> float:
    """The finest power of two times `state_scale` in which `bound` takes at most `message_bits` bits."""
    return state_scale * 2 ** max(0, round(bound / state_scale).bit_length() - message_bits)


def shift_between(state_scale: float, message_scale: float) -> int:
    """The right shift that turns a state into a message of these scales."""
    return round(float(np.log2(message_scale / state_scale)))
