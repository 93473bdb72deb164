"""Spike: 1 if the membrane potential exceeds its threshold, then a reset and a refractory period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.neurons.limits import largest_size
from quantal.neuro.protocols import (
    Equations,
    Floats,
    FloatState,
    Integration,
    Limits,
    State,
    finite,
    no_draws,
    vector,
    whole,
)

THRESHOLD_SHIFT = 6
MANTISSA_MAX = 2**17 - 1
REFRACTORY_MAX = 63
RESETS = ("zero", "subtract")


@dataclass(frozen=True, eq=False)
class Spike:
    """`m = v > threshold_mant << 6`, strictly; then `v ← 0` or `v ← v − threshold`.

    For `refractory_steps` steps after a spike v is held at 0.

    Parameters
    ----------
    threshold_mant
        `(units,)`, 0 to 131071.
    reset
        `zero` or `subtract`.
    refractory_steps
        0 to 63.
    """

    threshold_mant: Integers
    reset: str = "zero"
    refractory_steps: int = 0

    states: ClassVar[tuple[str, ...]] = ("refractory_left",)
    draw_count = no_draws

    def problems(self, size: int) -> list[str]:
        return [
            *vector(self.threshold_mant, "threshold_mant", size, 0, MANTISSA_MAX),
            *known_reset(self.reset),
            *whole(self.refractory_steps, "refractory_steps", 0, REFRACTORY_MAX),
        ]

    @property
    def threshold(self) -> Integers:
        """The value that v must exceed for a spike, `(units,)`."""
        return self.threshold_mant << THRESHOLD_SHIFT

    def limits(self, lowest: int, highest: int) -> Limits:
        return {"refractory_left": (0, REFRACTORY_MAX)}

    def step(self, own: State, v: Integers, uniform: Integers) -> tuple[Integers, State, Integers]:
        v = np.where(own["refractory_left"] > 0, 0, v)
        spikes = v > self.threshold
        after = v - self.threshold if self.reset == "subtract" else 0
        waiting = np.where(spikes, self.refractory_steps, np.maximum(own["refractory_left"] - 1, 0))
        return spikes.astype(np.int64), {"refractory_left": waiting}, np.where(spikes, after, v)

    def message_range(self, lowest: int, highest: int) -> tuple[int, int]:
        return 0, 1

    def equations(self) -> Equations:
        after = "v - threshold" if self.reset == "subtract" else "0"
        return Equations(
            "v = v * int(refractory_left == 0)\n"
            "message = int(v > threshold)\n"
            f"v = message * ({after}) + (1 - message) * v\n"
            "refractory_left = message * refractory_steps + (1 - message) * saturate(refractory_left - 1, 0, longest)",
            constants={"refractory_steps": self.refractory_steps, "longest": REFRACTORY_MAX},
            vectors={"threshold": self.threshold},
        )


@dataclass(frozen=True, eq=False)
class FloatSpike:
    """A spike in physical units: `m = v > threshold`, then `v ← 0` or `v ← v − threshold`.

    Parameters
    ----------
    threshold
        `(units,)`, on the scale of v, 0 or more.
    reset, refractory_steps
        As in `Spike`.
    """

    threshold: Floats
    reset: str = "zero"
    refractory_steps: int = 0

    states: ClassVar[tuple[str, ...]] = ("refractory_left",)

    def problems(self, size: int) -> list[str]:
        if self.threshold.shape != (size,):
            return [f"threshold is {self.threshold.shape}, expected ({size},)"]
        low = np.flatnonzero(self.threshold < 0)
        return [
            *finite(self.threshold, "threshold"),
            *([f"threshold[{low[0]}] is {self.threshold[low[0]]:g}, expected 0 or more"] if low.size else []),
            *known_reset(self.reset),
            *whole(self.refractory_steps, "refractory_steps", 0, REFRACTORY_MAX),
        ]

    def step(self, own: FloatState, v: Floats, generator: np.random.Generator) -> tuple[Floats, FloatState, Floats]:
        v = np.where(own["refractory_left"] > 0, 0.0, v)
        spikes = v > self.threshold
        after = v - self.threshold if self.reset == "subtract" else 0.0
        waiting = np.where(spikes, self.refractory_steps, np.maximum(own["refractory_left"] - 1, 0.0))
        return spikes.astype(np.float64), {"refractory_left": waiting}, np.where(spikes, after, v)

    def message_bound(self, lowest: float, highest: float) -> float:
        return 1.0

    def message_scale(self, state_scale: float, bound: float, message_bits: int) -> float:
        return 1.0

    def finest_state_scale(self) -> float:
        return largest_size(self.threshold) / (MANTISSA_MAX << THRESHOLD_SHIFT)

    def quantise(self, state_scale: float, message_scale: float, integration: Integration) -> Spike:
        mantissa = np.rint(self.threshold / (state_scale * 2**THRESHOLD_SHIFT)).astype(np.int64)
        return Spike(np.clip(mantissa, 0, MANTISSA_MAX), self.reset, self.refractory_steps)


def known_reset(reset: str) -> list[str]:
    """Problem text if the reset is unknown."""
    return [] if reset in RESETS else [f"reset is {reset!r}, expected one of {[*RESETS]}"]
