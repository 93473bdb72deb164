"""SigmaDelta: by how much the potential has changed since it was last sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from quantal.neuro.arithmetic import STATE_MAX, Integers, shift_right
from quantal.neuro.neurons.graded import graded_scale, shift_between
from quantal.neuro.protocols import Equations, Floats, FloatState, Integration, Limits, State, finite, no_draws, whole


@dataclass(frozen=True)
class SigmaDelta:
    """`change = (v >> shift) − sent_value`; where `|change| > threshold`, `m = change` and `sent_value ← v >> shift`.

    An `Accumulator` that adds up the messages without a leak holds `sent_value`, so it follows `v >> shift` within
    `threshold`.

    Parameters
    ----------
    shift
        Number of low bits of the state that are not sent.
    threshold
        Largest absolute change that is not sent; 0 sends every change.
    """

    shift: int = 0
    threshold: int = 0

    states: ClassVar[tuple[str, ...]] = ("sent_value",)
    draw_count = no_draws

    def problems(self, size: int) -> list[str]:
        return whole(self.shift, "shift", 0, 23) + whole(self.threshold, "threshold", 0, STATE_MAX)

    def limits(self, lowest: int, highest: int) -> Limits:
        return {"sent_value": (lowest >> self.shift, highest >> self.shift)}

    def step(self, own: State, v: Integers, uniform: Integers) -> tuple[Integers, State, Integers]:
        change = shift_right(v, self.shift) - own["sent_value"]
        message = np.where(np.abs(change) > self.threshold, change, 0)
        return message, {"sent_value": own["sent_value"] + message}, v

    def message_range(self, lowest: int, highest: int) -> tuple[int, int]:
        widest = (highest >> self.shift) - (lowest >> self.shift)
        return (-widest, widest) if widest > self.threshold else (0, 0)

    def equations(self) -> Equations:
        return Equations(
            "change = shift_right(v, shift) - sent_value\n"
            "message = change * int(change > threshold or change < -threshold)\n"
            "sent_value = sent_value + message",
            constants={"shift": self.shift, "threshold": self.threshold},
        )


@dataclass(frozen=True)
class FloatSigmaDelta:
    """`m = v − sent_value` where its size exceeds `threshold`, on the scale of v, and `sent_value ← v` there."""

    threshold: float = 0.0

    states: ClassVar[tuple[str, ...]] = ("sent_value",)

    def problems(self, size: int) -> list[str]:
        return finite(self.threshold, "threshold")

    def step(self, own: FloatState, v: Floats, generator: np.random.Generator) -> tuple[Floats, FloatState, Floats]:
        change = v - own["sent_value"]
        message = np.where(np.abs(change) > self.threshold, change, 0.0)
        return message, {"sent_value": own["sent_value"] + message}, v

    def message_bound(self, lowest: float, highest: float) -> float:
        return highest - lowest

    def message_scale(self, state_scale: float, bound: float, message_bits: int) -> float:
        return graded_scale(state_scale, bound, message_bits)

    def finest_state_scale(self) -> float:
        return 0.0

    def quantise(self, state_scale: float, message_scale: float, integration: Integration) -> SigmaDelta:
        return SigmaDelta(shift_between(state_scale, message_scale), round(self.threshold / message_scale))
