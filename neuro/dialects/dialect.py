"""A dialect: the limits of one package's integers, and what happens at each limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from quantal.neuro.arithmetic import DELAY_MAX, STATE_BITS, STATE_MAX, Integers, saturate

SHIFT = 6
"""Sums of weights, and thresholds, are this many bits above the lowest bit of u and v, in every dialect."""

Limit = Callable[[Integers], Integers]


def shifted(value: Integers, exponent: int) -> Integers:
    """Multiply by two to the power of the exponent, and round down."""
    return value << exponent if exponent >= 0 else value >> -exponent


def unchanged(value: Integers, exponent: int = 0) -> Integers:
    """The value itself, for a package without this limit."""
    return value


def held_in_24_bits(v: Integers) -> Integers:
    """Saturate in a symmetric range, in nengo-loihi the widest that its `vmin` and `vmax` allow."""
    return saturate(v, -STATE_MAX, STATE_MAX)


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """The integer rules of one package; defaults are those of a package without the rule.

    Parameters
    ----------
    name, package
        Name of the dialect in a network; package and version whose sources define it.
    round_weights
        Rounds integers to the mantissas that the package stores.
    scale_weights, scale_sum
        Apply an exponent to each weight before the sum, and to the sum.
    exponents
        Lowest and highest exponent.
    decay_offset
        Added to the register of the decay of u.
    decay_max
        Largest register of both decays.
    sum_bits
        Bits of the summed input of a step, sign included: 24, or fewer if the package has fewer.
    limit_sum, limit_u, limit_v_input, limit_v
        Applied to the summed input, to u, to u + bias and to v: what happens beyond their ranges.
    bias_min, bias_max
        Smallest and largest mantissa of the bias, whose exponent is 0 to 7.
    threshold_min
        Smallest mantissa of the threshold; the largest is 131071.
    refractory_max
        Largest number of steps for which v is held at 0 after a spike.
    delay_register_max
        Largest register of the delay; the delay is one step longer.
    other_lifs
        Whether units beyond the package's own LIF can be added, as processes to Lava; if not, a population of `Cuba`
        must be one that the package's LIF can represent.
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
    limit_sum: Limit = unchanged
    limit_u: Limit = unchanged
    limit_v_input: Limit = unchanged
    limit_v: Limit = unchanged
    bias_min: int = 0
    bias_max: int = 0
    threshold_min: int = 0
    refractory_max: int = 0
    delay_register_max: int = 0
    other_lifs: bool = False


def delay_max(dialect: Dialect) -> int:
    """Longest delay in steps that a projection may have in a dialect."""
    return min(DELAY_MAX, dialect.delay_register_max + 1)


def sum_max(dialect: Dialect) -> int:
    """Largest absolute sum of input in a step that a dialect does not change."""
    return 2 ** (dialect.sum_bits - 1) - 1
