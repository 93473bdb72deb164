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
    """`weight ≈ values · 2**exponent · scale`, with integer `values` in the weight's own kind."""

    values: FloatWeight
    exponent: int
    scale: float

    def physical(self) -> FloatWeight:
        """The weight that these mantissas stand for."""
        return self.values.scaled(2.0**self.exponent * self.scale)

    def remainder(self, weight: FloatWeight) -> FloatWeight:
        """The rounding error of these mantissas for a weight of the same kind."""
        return weight.minus(self.physical())


def fit(graph: Graph, projection: FloatProjection, options: Options) -> Mantissa:
    """The nearest mantissas at the smallest exponent, 0 or more, that holds the largest weight."""
    message_scale = graph.population(projection.source).message_scale
    sum_scale = graph.population(projection.target).sum_scale
    if message_scale is None or sum_scale is None:
        raise QuantalError(
            "no scales chosen yet", where=f"projection {projection.name}", hint="run the pass `scales` first"
        )
    scale = sum_scale / message_scale
    largest = largest_size(projection.weight.values()) / scale
    levels = largest_mantissa(options.weight_bits)
    exponent = max(0, int(np.ceil(np.log2(largest / levels) - FUZZ))) if largest else 0
    grid = weight_grid(options.weight_bits)
    values = projection.weight.scaled(1 / (scale * 2**exponent * grid)).mapped(np.rint).scaled(grid)
    # Only rounding errors of floats can leave the range.
    return Mantissa(values.mapped(lambda value: np.clip(value, WEIGHT_MIN, levels)), exponent, scale)
