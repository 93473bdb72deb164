"""What a dialect says, and what follows from it: weights, sums, delays, and a leaky integrate-and-fire unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuro.arithmetic import DECAY_UNITY, DELAY_MAX, STATE_MAX, Integers, leak, saturate
from neuro.errors import QuantalError

SHIFT = 6
"""Sums of weights and thresholds lie this many bits above the last bit of u and v, in every dialect."""

Limit = Callable[[Integers], Integers]


@dataclass(frozen=True)
class Dialect:
    """The integer rules of one package.

    Parameters
    ----------
    name, package
        What a network calls it; the package and version that it was read from.
    round_weights
        Any integers to the mantissas that the package keeps.
    scale_weights, scale_sum
        What an exponent does to each weight before the sum, and to the sum.
    exponents
        Lowest and highest exponent.
    decay_offset
        What is added to the register of the current's decay.
    decay_max
        Largest register of both decays.
    accumulate, keep_current, keep_drive, keep_voltage
        What happens at the ends of the ranges of: the sum of input, u, u + bias, and v.
    sum_max
        Largest input of one step that is surely taken in as it should, `None` where that is any.
    bias_min, bias_max
        Mantissas of the bias; its exponent is 0 to 7.
    threshold_min
        Smallest mantissa of the threshold; the largest is 131071.
    refractory_max
        Longest time in steps that v is held at 0 after a spike.
    delay_register_max
        Largest register of the delay, which stands for one step more.
    """

    name: str
    package: str
    round_weights: Limit
    scale_weights: Callable[[Integers, int], Integers]
    scale_sum: Callable[[Integers, int], Integers]
    exponents: tuple[int, int]
    decay_offset: int
    decay_max: int
    accumulate: Limit
    keep_current: Limit
    keep_drive: Limit
    keep_voltage: Limit
    sum_max: int | None
    bias_min: int
    bias_max: int
    threshold_min: int
    refractory_max: int
    delay_register_max: int


@dataclass(frozen=True, eq=False)
class Lif:
    """A leaky integrate-and-fire unit in the terms that all dialects share, every array `(units,)`.

    Parameters
    ----------
    decay_u, decay_v
        What is really forgotten, offsets included, in 1/4096 a step.
    bias_mant, bias_exp
        Added to v at each step: `bias_mant << bias_exp`.
    threshold_mant
        A spike where v passes `threshold_mant << 6`.
    refractory_steps
        Steps after a spike during which v is held at 0.
    """

    decay_u: Integers
    decay_v: Integers
    bias_mant: Integers
    bias_exp: Integers
    threshold_mant: Integers
    refractory_steps: Integers


@dataclass(frozen=True, eq=False)
class LifState:
    """Current, membrane potential and refractory steps that are left, `(units,)` each or `(batch, units)`."""

    u: Integers
    v: Integers
    refractory: Integers


def lif_step(dialect: Dialect, lif: Lif, state: LifState, a: Integers) -> tuple[LifState, Integers]:
    """State and spikes of the package's own neuron after one step with input `a`, beyond its limits too."""
    q = dialect.accumulate(a << SHIFT)
    u = dialect.keep_current(leak(state.u, lif.decay_u) + q)
    drive = dialect.keep_drive(u + (lif.bias_mant << lif.bias_exp))
    v = np.where(state.refractory > 0, 0, dialect.keep_voltage(leak(state.v, lif.decay_v) + drive))
    spikes = v > lif.threshold_mant << SHIFT
    waiting = np.where(spikes, lif.refractory_steps, np.maximum(state.refractory - 1, 0))
    return LifState(u, np.where(spikes, 0, v), waiting), spikes.astype(np.int64)


def rounded_weights(dialect: Dialect, weights: Integers) -> Integers:
    """The mantissas that the package keeps of any integers, `(target units, source units)` or any other shape."""
    return dialect.round_weights(weights)


def weighted_sum(dialect: Dialect, weights: Integers, message: Integers, exponent: int) -> Integers:
    """Input of each target for messages `(batch, source units)`: `(batch, target units)`.

    Raises a `QuantalError` for an exponent or weights that the package refuses.
    """
    return dialect.scale_sum(message @ scaled_weights(dialect, weights, exponent).T, exponent)


def effective_weights(dialect: Dialect, weights: Integers, exponent: int) -> Integers:
    """What each weight adds to the input where it comes alone; errors as for `weighted_sum`."""
    return dialect.scale_sum(scaled_weights(dialect, weights, exponent), exponent)


def scaled_weights(dialect: Dialect, weights: Integers, exponent: int) -> Integers:
    """What of each weight goes into a sum."""
    if not dialect.exponents[0] <= exponent <= dialect.exponents[1]:
        expected = f"{dialect.exponents[0]} to {dialect.exponents[1]}"
        raise QuantalError("no such exponent", where=f"dialect {dialect.name}", expected=expected, got=str(exponent))
    return dialect.scale_weights(dialect.round_weights(weights), exponent)


def delay_max(dialect: Dialect) -> int:
    """Longest delay in steps that a projection may have, if the package shall take it."""
    return min(DELAY_MAX, dialect.delay_register_max + 1)


def cuba_fields(dialect: Dialect, decay_u: Integers, decay_v: Integers) -> dict[str, Any]:
    """Fields of a `Cuba` whose decays are these, in 1/4096 a step, offsets included; an error where none can be."""
    register = decay_u - dialect.decay_offset
    for name, value in (("decay_u", register), ("decay_v", decay_v)):
        wrong = np.flatnonzero((value < 0) | (value > dialect.decay_max))
        if wrong.size:
            where, expected = f"dialect {dialect.name}, {name}", f"a register from 0 to {dialect.decay_max}"
            raise QuantalError("no such decay", where=where, expected=expected, got=str(value[wrong[0]]))
    return {"decay_u": register, "decay_v": decay_v, "decay_offset": dialect.decay_offset}


def lif_problems(dialect: Dialect, lif: Lif) -> list[str]:
    """What of a unit the package's own neuron can't do; nothing if it can do all."""
    limits = {
        "decay_u": (lif.decay_u, dialect.decay_offset, min(DECAY_UNITY, dialect.decay_max + dialect.decay_offset)),
        "decay_v": (lif.decay_v, 0, dialect.decay_max),
        "bias_mant": (lif.bias_mant, dialect.bias_min, dialect.bias_max),
        "threshold_mant": (lif.threshold_mant, dialect.threshold_min, 2**17 - 1),
        "refractory_steps": (lif.refractory_steps, 0, dialect.refractory_max),
    }
    return [
        f"{name} goes from {value.min()} to {value.max()}, {dialect.name} takes {low} to {high}"
        for name, (value, low, high) in limits.items()
        if value.size and (value.min() < low or value.max() > high)
    ]


def shifted(value: Integers, exponent: int) -> Integers:
    """Times two to the exponent, rounded down."""
    return value << exponent if exponent >= 0 else value >> -exponent


def unchanged(value: Integers, exponent: int = 0) -> Integers:
    """No limit."""
    return value


def held_in_24_bits(v: Integers) -> Integers:
    """Stays at the ends of a symmetric range; in nengo-loihi the widest that its `vmin` and `vmax` can say."""
    return saturate(v, -STATE_MAX, STATE_MAX)
