"""A float weight as 8-bit mantissa times a power of two, relative to the scales of its two populations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantal.neuro.arithmetic import WEIGHT_MIN
from quantal.neuro.compile.options import Options, largest_mantissa, weight_grid
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import FloatProjection, Graph
from quantal.neuro.neurons.limits import largest_size
from quantal.neuro.protocols import FloatWeight

FUZZ = 1e-9
"""Rounding error of a float logarithm, far below the grid of any mantissa."""


@dataclass(frozen=True)
class Mantissa:
    """`weight ≈ values · 2**exponent · scale`, with integer `values` in the weight's own kind.

    `lost_bits` is by how much the exponent would have to be below 0 for the largest weight to use all bits.
    """

    values: FloatWeight
    exponent: int
    scale: float
    lost_bits: int = 0

    def physical(self) -> FloatWeight:
        """The weight that these mantissas stand for."""
        return self.values.scaled(2.0**self.exponent * self.scale)

    def remainder(self, weight: FloatWeight) -> FloatWeight:
        """The rounding error of these mantissas for a weight of the same kind."""
        return weight.minus(self.physical())


def fit(graph: Graph, projection: FloatProjection, options: Options) -> Mantissa:
    """The nearest mantissas at the smallest exponent, 0 or more, that holds the largest weight.

    Dialects don't agree on what an exponent below 0 does, so a projection that is much weaker than others to the same
    target is left with fewer bits.
    """
    message_scale = graph.population(projection.source).message_scale
    sum_scale = graph.population(projection.target).sum_scale
    if message_scale is None or sum_scale is None:
        raise QuantalError(
            "no scales chosen yet", where=f"projection {projection.name}", hint="run the pass `scales` first"
        )
    scale = sum_scale / message_scale
    largest = largest_size(projection.weight.values()) / scale
    levels = largest_mantissa(options.weight_bits)
    wanted = int(np.ceil(np.log2(largest / levels) - FUZZ)) if largest else 0
    exponent = max(0, wanted)
    grid = weight_grid(options.weight_bits)
    values = projection.weight.scaled(1 / (scale * 2**exponent * grid)).mapped(np.rint).scaled(grid)
    # Only rounding errors of floats can leave the range.
    clipped = values.mapped(lambda value: np.clip(value, WEIGHT_MIN, levels))
    return Mantissa(clipped, exponent, scale, exponent - wanted)


@dataclass(frozen=True)
class RoundingError:
    """How far weights are from those that are stored, relative to the largest."""

    largest: float
    rms: float

    def __str__(self) -> str:
        return f"rounding at most {self.largest:.2%} of its largest weight, {self.rms:.2%} rms"


def rounding_error(weight: FloatWeight, remainder: FloatWeight) -> RoundingError:
    """The error of stored weights, given what is left of the weight when they are taken away from it."""
    values, left = weight.values(), remainder.values()
    largest = largest_size(values)
    if not largest:
        return RoundingError(0.0, 0.0)
    # A sparse remainder holds no zeros.
    return RoundingError(largest_size(left) / largest, float(np.sqrt((left**2).sum() / values.size)) / largest)
