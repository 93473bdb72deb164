"""Rectified: by how much the potential passes a threshold, as in sparse coding by local competition (LCA)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from quantal.neuro.arithmetic import STATE_MAX, Integers, shift_right
from quantal.neuro.neurons.graded import graded_scale, shift_between
from quantal.neuro.protocols import (
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


@dataclass(frozen=True)
class Rectified:
    """`m = max(v − threshold, 0) >> shift` (rounded down).

    The soft threshold of Rozell et al., "Sparse coding via thresholding and local competition in neural circuits"
    (Neural Computation 2008), for coefficients that are never negative.

    Parameters
    ----------
    threshold
        Largest potential at which nothing is sent.
    shift
        Number of low bits of the excess that are not sent.
    """

    threshold: int = 0
    shift: int = 0

    states: ClassVar = NO_STATES
    limits = no_limits
    draw_count = no_draws

    def problems(self, size: int) -> list[str]:
        return whole(self.threshold, "threshold", 0, STATE_MAX) + whole(self.shift, "shift", 0, 23)

    def step(self, own: State, v: Integers, uniform: Integers) -> tuple[Integers, State, Integers]:
        return shift_right(np.maximum(v - self.threshold, 0), self.shift), own, v

    def message_range(self, lowest: int, highest: int) -> tuple[int, int]:
        return max(lowest - self.threshold, 0) >> self.shift, max(highest - self.threshold, 0) >> self.shift

    def equations(self) -> Equations:
        return Equations(
            "message = shift_right(saturate(v - threshold, 0, largest), shift)",
            constants={"threshold": self.threshold, "shift": self.shift, "largest": 2 * STATE_MAX},
        )


@dataclass(frozen=True)
class FloatRectified:
    """`m = max(v − threshold, 0)`; `threshold` is on the scale of v."""

    threshold: float = 0.0

    states: ClassVar = NO_STATES

    def problems(self, size: int) -> list[str]:
        negative = [f"threshold is {self.threshold:g}, expected 0 or more"] if self.threshold < 0 else []
        return finite(self.threshold, "threshold") or negative

    def step(self, own: FloatState, v: Floats, generator: np.random.Generator) -> tuple[Floats, FloatState, Floats]:
        return np.maximum(v - self.threshold, 0.0), own, v

    def message_bound(self, lowest: float, highest: float) -> float:
        return max(highest - self.threshold, 0.0)

    def message_scale(self, state_scale: float, bound: float, message_bits: int) -> float:
        return graded_scale(state_scale, bound, message_bits)

    def finest_state_scale(self) -> float:
        return self.threshold / STATE_MAX

    def quantise(self, state_scale: float, message_scale: float, integration: Integration) -> Rectified:
        return Rectified(round(self.threshold / state_scale), shift_between(state_scale, message_scale))
