"""Memoryless: a state that is the input of this step, as in a population of prediction errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numba import njit

from neuro.arithmetic import OVERFLOW, STATE_MAX, Integers
from neuro.kinds.kind import Equations, Floats, FloatState, State, float_ranged, largest_size, ranged

WRAPS = tuple(OVERFLOW).index("wrap")


@njit("void(int32[:,::1], int32[::1], int32[::1])", cache=True, nogil=True)
def _kernel(state, a, parameters):
    lowest, highest, overflow = parameters[0], parameters[1], parameters[2]
    bias = parameters[3:]
    v = state[0]
    for unit in range(v.size):
        value = a[unit] + bias[unit]
        if overflow == WRAPS:
            v[unit] = (value - lowest) % (highest - lowest + 1) + lowest
        else:
            v[unit] = min(max(value, lowest), highest)


@dataclass(frozen=True, eq=False)
class Memoryless:
    """`v ← overflow(a + bias)`.

    Parameters
    ----------
    bias
        `(units,)`, added at every step.
    lowest, highest
        Ends of the range of `v`.
    overflow
        What happens there: `saturate` or `wrap`.
    """

    bias: Integers
    lowest: int = -STATE_MAX
    highest: int = STATE_MAX
    overflow: str = "saturate"

    states: ClassVar[tuple[str, ...]] = ("v",)
    kernel: ClassVar = staticmethod(_kernel)

    def problems(self, size: int) -> list[str]:
        return ranged(self, size)

    def step(self, state: State, a: Integers) -> State:
        return {"v": OVERFLOW[self.overflow](a + self.bias, self.lowest, self.highest)}

    def parameters(self) -> Integers:
        head = [self.lowest, self.highest, tuple(OVERFLOW).index(self.overflow)]
        return np.concatenate([np.array(head), self.bias])

    def equations(self) -> Equations:
        return Equations(
            f"v = {self.overflow}(a + bias, lowest, highest)",
            constants={"lowest": self.lowest, "highest": self.highest},
            vectors={"bias": self.bias},
        )


@dataclass(frozen=True, eq=False)
class FloatMemoryless:
    """`v ← clamp(a + bias)` in physical units; `bias` is `(units,)`."""

    bias: Floats
    lowest: float
    highest: float

    states: ClassVar[tuple[str, ...]] = ("v",)

    def problems(self, size: int) -> list[str]:
        return float_ranged(self, size)

    def step(self, state: FloatState, a: Floats) -> FloatState:
        return {"v": np.clip(a + self.bias, self.lowest, self.highest)}

    def smallest_lsb(self) -> float:
        return largest_size(self.bias) / STATE_MAX

    def input_unit(self, lsb: float) -> float:
        return lsb

    def quantise(self, lsb: float) -> Memoryless:
        return Memoryless(
            bias=np.rint(self.bias / lsb).astype(np.int64),
            lowest=max(-STATE_MAX, round(self.lowest / lsb)),
            highest=min(STATE_MAX, round(self.highest / lsb)),
        )
