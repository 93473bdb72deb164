"""Cuba: Loihi's leaky integrator, a synaptic current that drives a membrane potential."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from quantal.neuro.arithmetic import DECAY_UNITY, STATE_MAX, Integers, leak, saturate, wrap
from quantal.neuro.neurons.limits import largest_size
from quantal.neuro.protocols import Equations, Floats, FloatState, Limits, State, finite, vector, whole

INPUT_SHIFT = 6
"""The summed input is shifted left by this many bits before it is added to u."""

U_MIN, U_MAX = -STATE_MAX, STATE_MAX + 1
"""Range in which u wraps. The chip's public model does not wrap +2^23, and wraps −2^23 to it."""

MANTISSA_MIN, MANTISSA_MAX = -4096, 4095
EXPONENT_MAX = 7


@dataclass(frozen=True, eq=False)
class Cuba:
    """`u ← wrap(leak(u, decay_u + decay_offset) + (a << 6))`, `v ← saturate(leak(v, decay_v) + u + bias)`.

    u wraps in (−2^23, 2^23], v saturates at ±(2^23 − 1); `bias = bias_mant << bias_exp`.

    Parameters
    ----------
    bias_mant, bias_exp
        `(units,)`, −4096 to 4095 and 0 to 7.
    decay_u, decay_v
        `(units,)`, in 1/4096 of the state per step.
    decay_offset
        Added to `decay_u` by the hardware: 1, or 0 in dialects without it.
    """

    bias_mant: Integers
    bias_exp: Integers
    decay_u: Integers
    decay_v: Integers
    decay_offset: int = 1

    states: ClassVar[tuple[str, ...]] = ("u", "v")

    def problems(self, size: int) -> list[str]:
        return [
            *vector(self.bias_mant, "bias_mant", size, MANTISSA_MIN, MANTISSA_MAX),
            *vector(self.bias_exp, "bias_exp", size, 0, EXPONENT_MAX),
            *whole(self.decay_offset, "decay_offset", 0, 1),
            *vector(self.decay_u, "decay_u", size, 0, DECAY_UNITY - self.decay_offset),
            *vector(self.decay_v, "decay_v", size, 0, DECAY_UNITY),
        ]

    @property
    def lowest(self) -> int:
        """Lowest value of u and of v."""
        return U_MIN

    @property
    def highest(self) -> int:
        """Highest value of u; that of v is one less."""
        return U_MAX

    @property
    def bias(self) -> Integers:
        """The bias, added to v at each step, `(units,)`."""
        return self.bias_mant << self.bias_exp

    def limits(self) -> Limits:
        return {"u": (U_MIN, U_MAX), "v": (-STATE_MAX, STATE_MAX)}

    def step(self, state: State, a: Integers) -> State:
        u = wrap(leak(state["u"], self.decay_u + self.decay_offset) + (a << INPUT_SHIFT), U_MIN, U_MAX)
        return {"u": u, "v": saturate(leak(state["v"], self.decay_v) + u + self.bias, -STATE_MAX, STATE_MAX)}

    def equations(self) -> Equations:
        return Equations(
            f"u = wrap(leak(u, decay_u) + a * {2**INPUT_SHIFT}, lowest, highest)\n"
            "v = saturate(leak(v, decay_v) + u + bias, -largest, largest)",
            constants={"lowest": U_MIN, "highest": U_MAX, "largest": STATE_MAX},
            vectors={"decay_u": self.decay_u + self.decay_offset, "decay_v": self.decay_v, "bias": self.bias},
        )


@dataclass(frozen=True, eq=False)
class FloatCuba:
    """`u ← clamp((1 − decay_u) u + a)`, `v ← clamp((1 − decay_v) v + u + bias)` in physical units.

    Parameters
    ----------
    bias
        `(units,)`, on the scale of v, per step.
    decay_u, decay_v
        `(units,)`, share that leaks in one step, 0 to 1; with `decay_u = 1` the input is added to v directly.
    lowest, highest
        Range of u and of v.
    """

    bias: Floats
    decay_u: Floats
    decay_v: Floats
    lowest: float
    highest: float

    states: ClassVar[tuple[str, ...]] = ("u", "v")

    def problems(self, size: int) -> list[str]:
        vectors = {"bias": self.bias, "decay_u": self.decay_u, "decay_v": self.decay_v}
        shapes = [
            f"{name} is {value.shape}, expected ({size},)" for name, value in vectors.items() if value.shape != (size,)
        ]
        ends = finite(self.lowest, "lowest") + finite(self.highest, "highest")
        wrong = shapes + ends + [text for name, value in vectors.items() for text in finite(value, name)]
        return wrong or [
            *share(self.decay_u, "decay_u"),
            *share(self.decay_v, "decay_v"),
            *([] if self.lowest <= 0 <= self.highest else ["the range does not hold 0"]),
        ]

    def step(self, state: FloatState, a: Floats) -> FloatState:
        u = np.clip((1 - self.decay_u) * state["u"] + a, self.lowest, self.highest)
        return {"u": u, "v": np.clip((1 - self.decay_v) * state["v"] + u + self.bias, self.lowest, self.highest)}

    def finest_state_scale(self) -> float:
        return largest_size(self.bias) / (MANTISSA_MAX << EXPONENT_MAX)

    def sum_scale(self, state_scale: float) -> float:
        return state_scale * 2**INPUT_SHIFT

    def quantise(self, state_scale: float) -> Cuba:
        mantissa, exponent = bias_parts(np.rint(self.bias / state_scale).astype(np.int64))
        return Cuba(
            bias_mant=mantissa,
            bias_exp=exponent,
            decay_u=np.maximum(np.rint(self.decay_u * DECAY_UNITY).astype(np.int64) - 1, 0),
            decay_v=np.rint(self.decay_v * DECAY_UNITY).astype(np.int64),
        )


def share(value: Floats, name: str) -> list[str]:
    """Problem text if a share is not between 0 and 1."""
    wrong = np.flatnonzero((value < 0) | (value > 1))
    return [f"{name}[{wrong[0]}] is {value[wrong[0]]:g}, expected 0 to 1"] if wrong.size else []


def bias_parts(bias: Integers) -> tuple[Integers, Integers]:
    """Mantissa and exponent nearest to each bias, at the smallest exponent; clipped to 13 bits and an exponent of 7."""
    exponent = np.zeros_like(bias)
    for larger in range(1, EXPONENT_MAX + 1):
        mantissa = np.rint(bias / 2.0 ** (larger - 1))
        exponent[(mantissa < MANTISSA_MIN) | (mantissa > MANTISSA_MAX)] = larger
    return np.clip(np.rint(bias / 2.0**exponent), MANTISSA_MIN, MANTISSA_MAX).astype(np.int64), exponent
