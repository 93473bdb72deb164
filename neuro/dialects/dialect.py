"""What a dialect says: the limits of one package's integers, and what happens there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from quantal.neuro.arithmetic import DELAY_MAX, STATE_BITS, STATE_MAX, Integers, saturate

SHIFT = 6
"""Sums of weights and thresholds lie this many bits above the last bit of u and v, in every dialect."""

Limit = Callable[[Integers], Integers]


def shifted(value: Integers, exponent: int) -> Integers:
    """Times two to the exponent, rounded down."""
    return value << exponent if exponent >= 0 else value >> -exponent


def unchanged(value: Integers, exponent: int = 0) -> Integers:
    """No limit."""
    return value


def held_in_24_bits(v: Integers) -> Integers:
    """Stays at the ends of a symmetric range; in nengo-loihi the widest that its `vmin` and `vmax` can say."""
    return saturate(v, -STATE_MAX, STATE_MAX)


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """The integer rules of one package; what has a default is as in a package that says nothing of it.

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
    sum_bits
        Bits of the sum of input of a step, sign included: 24 in every network, fewer where the package holds fewer.
    accumulate, keep_current, keep_drive, keep_voltage
        What happens at the ends of the ranges of: the sum of input, u, u + bias, and v.
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
    exponents: tuple[int, int]
    scale_weights: Callable[[Integers, int], Integers] = unchanged
    scale_sum: Callable[[Integers, int], Integers] = unchanged
    decay_offset: int = 1
    decay_max: int = 4095
    sum_bits: int = STATE_BITS
    accumulate: Limit = unchanged
    keep_current: Limit = unchanged
    keep_drive: Limit = unchanged
    keep_voltage: Limit = unchanged
    bias_min: int = 0
    bias_max: int = 0
    threshold_min: int = 0
    refractory_max: int = 0
    delay_register_max: int = 0


def delay_max(dialect: Dialect) -> int:
    """Longest delay in steps that a projection may have, if the package shall take it."""
    return min(DELAY_MAX, dialect.delay_register_max + 1)


def sum_max(dialect: Dialect) -> int:
    """Largest size of the sum of input of a step that is surely taken in as it is."""
    return 2 ** (dialect.sum_bits - 1) - 1
