"""Accumulator: a membrane potential that adds up its input and need not leak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numba import njit

from neuro.arithmetic import DECAY_UNITY, OVERFLOW, STATE_MAX, Integers, leak
from neuro.kinds.kind import Equations, Floats, FloatState, State, finite, float_ranged, largest_size, ranged, whole

WRAPS = tuple(OVERFLOW).index("wrap")


@njit(nogil=True)
def _leak(u, decay):
    for unit in range(u.size):
        size = np.int32((np.int64(abs(u[unit])) * (DECAY_UNITY - decay)) >> 12)
        u[unit] = size if u[unit] >= 0 else -size


@njit("void(int32[:,::1], int32[::1], int32[::1])", cache=True, nogil=True)
def _kernel(state, a, parameters):
    decay, lowest, highest, overflow = parameters[0], parameters[1], parameters[2], parameters[3]
    bias, u = parameters[4:], state[0]
    if decay:
        _leak(u, decay)
    if overflow == WRAPS:
        for unit in range(u.size):
            u[unit] = (u[unit] + a[unit] + bias[unit] - lowest) % (highest - lowest + 1) + lowest
    else:
        for unit in range(u.size):
            u[unit] = min(max(np.int32(u[unit] + a[unit] + bias[unit]), lowest), highest)


@dataclass(frozen=True, eq=False)
class Accumulator:
    """`u ← overflow(leak(u, decay) + a + bias)`; `decay = 0` never leaks.

    Parameters
    ----------
    bias
        `(units,)`, added at every step.
    decay
        In 1/4096 of the state per step.
    lowest, highest
        Ends of the range of `u`.
    overflow
        What happens there: `saturate` or `wrap`.
    """

    bias: Integers
    decay: int = 0
    lowest: int = -STATE_MAX
    highest: int = STATE_MAX
    overflow: str = "saturate"

    states: ClassVar[tuple[str, ...]] = ("u",)
    kernel: ClassVar = staticmethod(_kernel)

    def problems(self, size: int) -> list[str]:
        return ranged(self, size) + whole(self.decay, "decay", 0, DECAY_UNITY)

    def step(self, state: State, a: Integers) -> State:
        u = leak(state["u"], self.decay) + a + self.bias
        return {"u": OVERFLOW[self.overflow](u, self.lowest, self.highest)}

    def parameters(self) -> Integers:
        head = [self.decay, self.lowest, self.highest, tuple(OVERFLOW).index(self.overflow)]
        return np.concatenate([np.array(head), self.bias])

    def equations(self) -> Equations:
        return Equations(
            f"u = {self.overflow}(leak(u, decay) + a + bias, lowest, highest)",
            constants={"decay": self.decay, "lowest": self.lowest, "highest": self.highest},
            vectors={"bias": self.bias},
        )


@dataclass(frozen=True, eq=False)
class FloatAccumulator:
    """`u ← clamp((1 − decay) u + a + bias)` in physical units.

    Parameters
    ----------
    bias
        `(units,)`, in units of `u` per step.
    decay
        Share of `u` that one step forgets, 0 to 1.
    lowest, highest
        Ends of the range of `u`.
    """

    bias: Floats
    lowest: float
    highest: float
    decay: float = 0.0

    states: ClassVar[tuple[str, ...]] = ("u",)

    def problems(self, size: int) -> list[str]:
        return float_ranged(self, size) + finite(self.decay, "decay")

    def step(self, state: FloatState, a: Floats) -> FloatState:
        u = (1 - self.decay) * state["u"] + a + self.bias
        return {"u": np.clip(u, self.lowest, self.highest)}

    def smallest_lsb(self) -> float:
        return largest_size(self.bias) / STATE_MAX

    def input_unit(self, lsb: float) -> float:
        return lsb

    def quantise(self, lsb: float) -> Accumulator:
        return Accumulator(
            bias=np.rint(self.bias / lsb).astype(np.int64),
            decay=round(self.decay * DECAY_UNITY),
            lowest=max(-STATE_MAX, round(self.lowest / lsb)),
            highest=min(STATE_MAX, round(self.highest / lsb)),
        )
