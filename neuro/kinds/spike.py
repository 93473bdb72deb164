"""Spike: 1 where the membrane potential passes its threshold, then a reset and a refractory time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from numba import njit

from neuro.arithmetic import Integers
from neuro.kinds.kind import Equations, Floats, FloatState, Integration, State, finite, largest_size, vector, whole
from neuro.kinds.unit_numbers import LANES, load_numbers, numbers_of, packed_numbers
from neuro.vectors import is_greater, load, maximum, splat, store, where_unequal

THRESHOLD_SHIFT = 6
MANTISSA_MAX = 2**17 - 1
REFRACTORY_MAX = 63
RESETS = ("zero", "subtract")


@njit("void(int32[:,::1], int32[::1], int32[::1], int32[::1])", cache=True, nogil=True)
def _kernel(state, uniform, parameters, message):
    refractory, v = state[0], state[-1]
    after_spike, subtract, threshold = (
        splat(parameters[0], LANES),
        splat(np.int32(-parameters[1]), LANES),
        numbers_of(parameters[2:], 0),
    )
    zero, one, every_bit = splat(np.int32(0), LANES), splat(np.int32(1), LANES), splat(np.int32(-1), LANES)
    for first in range(0, v.size, LANES):
        waiting, limit = load(refractory, first, LANES), load_numbers(threshold, first, v.size)
        value = load(v, first, LANES)
        waits = where_unequal(waiting, zero)
        if waits:
            value = value & (is_greater(waiting, zero) ^ every_bit)
        spikes = is_greater(value, limit)
        after = (value - limit) & subtract
        store(message, first, spikes & one)
        store(v, first, (after & spikes) | (value & (spikes ^ every_bit)))
        if waits or parameters[0]:
            waiting = maximum(waiting - one, zero)
            store(refractory, first, (after_spike & spikes) | (waiting & (spikes ^ every_bit)))


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

    states: ClassVar[Mapping[str, int]] = MappingProxyType({"refractory_left": REFRACTORY_MAX})
    draws: ClassVar[int] = 0
    kernel: ClassVar = staticmethod(_kernel)

    def problems(self, size: int) -> list[str]:
        return [
            *vector(self.threshold_mant, "threshold_mant", size, 0, MANTISSA_MAX),
            *known_reset(self.reset),
            *whole(self.refractory_steps, "refractory_steps", 0, REFRACTORY_MAX),
        ]

    @property
    def threshold(self) -> Integers:
        """What v has to pass, `(units,)`."""
        return self.threshold_mant << THRESHOLD_SHIFT

    def step(self, state: State, uniform: Integers) -> tuple[Integers, State]:
        name, v = [*state.items()][-1]
        v = np.where(state["refractory_left"] > 0, 0, v)
        spikes = v > self.threshold
        after = v - self.threshold if self.reset == "subtract" else 0
        waiting = np.where(spikes, self.refractory_steps, np.maximum(state["refractory_left"] - 1, 0))
        return spikes.astype(np.int64), {**state, name: np.where(spikes, after, v), "refractory_left": waiting}

    def message_range(self, lowest: int, highest: int) -> tuple[int, int]:
        return 0, 1

    def parameters(self) -> Integers:
        return np.concatenate([[self.refractory_steps, RESETS.index(self.reset)], packed_numbers(self.threshold)])

    def equations(self) -> Equations:
        after = "state - threshold" if self.reset == "subtract" else "0"
        return Equations(
            "state = state * int(refractory_left == 0)\n"
            "message = int(state > threshold)\n"
            f"state = message * ({after}) + (1 - message) * state\n"
            "refractory_left = message * refractory_steps + (1 - message) * saturate(refractory_left - 1, 0, longest)",
            constants={"refractory_steps": self.refractory_steps, "longest": REFRACTORY_MAX},
            vectors={"threshold": self.threshold},
        )


@dataclass(frozen=True, eq=False)
class FloatSpike:
    """The same in physical units: `m = v > threshold`, then `v ← 0` or `v ← v − threshold`.

    Parameters
    ----------
    threshold
        `(units,)`, in units of v, 0 or more.
    reset, refractory_steps
        As in `Spike`.
    """

    threshold: Floats
    reset: str = "zero"
    refractory_steps: int = 0

    states: ClassVar[Mapping[str, int]] = MappingProxyType({"refractory_left": REFRACTORY_MAX})

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

    def step(self, state: FloatState, generator: np.random.Generator) -> tuple[Floats, FloatState]:
        name, v = [*state.items()][-1]
        v = np.where(state["refractory_left"] > 0, 0.0, v)
        spikes = v > self.threshold
        after = v - self.threshold if self.reset == "subtract" else 0.0
        waiting = np.where(spikes, self.refractory_steps, np.maximum(state["refractory_left"] - 1, 0.0))
        return spikes.astype(np.float64), {**state, name: np.where(spikes, after, v), "refractory_left": waiting}

    def message_bound(self, lowest: float, highest: float) -> float:
        return 1.0

    def message_unit(self, lsb: float, bound: float, message_bits: int) -> float:
        return 1.0

    def smallest_lsb(self) -> float:
        return largest_size(self.threshold) / (MANTISSA_MAX << THRESHOLD_SHIFT)

    def quantise(self, lsb: float, message_unit: float, integration: Integration) -> Spike:
        mantissa = np.rint(self.threshold / (lsb * 2**THRESHOLD_SHIFT)).astype(np.int64)
        return Spike(np.clip(mantissa, 0, MANTISSA_MAX), self.reset, self.refractory_steps)


def known_reset(reset: str) -> list[str]:
    """Problem text if there is no such reset."""
    return [] if reset in RESETS else [f"reset is {reset!r}, expected one of {[*RESETS]}"]
