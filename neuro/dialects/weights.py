"""Weights in a dialect: rounded, scaled by an exponent, and summed."""

from __future__ import annotations

from quantal.neuro.arithmetic import Integers
from quantal.neuro.dialects.dialect import Dialect
from quantal.neuro.errors import QuantalError


def rounded_weights(dialect: Dialect, weights: Integers) -> Integers:
    """The mantissas that the package stores for integers, `(target units, source units)` or any other shape."""
    return dialect.round_weights(weights)


def weighted_sum(dialect: Dialect, weights: Integers, message: Integers, exponent: int) -> Integers:
    """Input of each target for messages `(batch, source units)`: `(batch, target units)`.

    Raises a `QuantalError` for an exponent or weights that the package refuses.
    """
    return dialect.scale_sum(message @ scaled_weights(dialect, weights, exponent).T, exponent)


def effective_weights(dialect: Dialect, weights: Integers, exponent: int) -> Integers:
    """What each weight by itself adds to the input; errors as for `weighted_sum`."""
    return dialect.scale_sum(scaled_weights(dialect, weights, exponent), exponent)


def scaled_weights(dialect: Dialect, weights: Integers, exponent: int) -> Integers:
    """Weights as they enter the sum, rounded and scaled."""
    if not dialect.exponents[0] <= exponent <= dialect.exponents[1]:
        expected = f"{dialect.exponents[0]} to {dialect.exponents[1]}"
        raise QuantalError("no such exponent", where=f"dialect {dialect.name}", expected=expected, got=str(exponent))
    return dialect.scale_weights(dialect.round_weights(weights), exponent)
