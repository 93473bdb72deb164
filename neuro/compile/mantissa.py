"""A float weight as 8-bit mantissa times a power of two, in the units of its two populations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from neuro.arithmetic import WEIGHT_MIN
from neuro.compile.options import Options, largest_mantissa, weight_grid
from neuro.errors import QuantalError
from neuro.graph import FloatProjection, Floats, Graph, stored

FUZZ = 1e-9
"""Rounding of a float logarithm; far below the grid of any mantissa."""


@dataclass(frozen=True)
class Mantissa:
    """`weight ≈ values · 2**exponent · unit`, with whole `values` of the weight's own form (dense or sparse)."""

    values: Floats | csr_array
    exponent: int
    unit: float

    def physical(self) -> Floats | csr_array:
        """The weight that these mantissas stand for."""
        return self.values * (2.0**self.exponent * self.unit)

    def rest_of(self, weight: Floats | csr_array) -> Floats | csr_array:
        """What these mantissas leave of a weight of their own form."""
        if isinstance(weight, csr_array):
            return weight - csr_array(self.physical())
        return weight - np.asarray(self.physical())


def fit(graph: Graph, projection: FloatProjection, options: Options) -> Mantissa:
    """The nearest mantissas at the smallest exponent, 0 or more, that holds the largest weight."""
    message_unit = graph.population(projection.source).message_unit
    input_unit = graph.population(projection.target).input_unit
    if message_unit is None or input_unit is None:
        raise QuantalError("no units chosen yet", where=f"projection {projection.name}", hint="run pass units first")
    unit = input_unit / message_unit
    largest = float(np.abs(stored(projection.weight)).max(initial=0.0)) / unit
    levels = largest_mantissa(options.weight_bits)
    exponent = max(0, int(np.ceil(np.log2(largest / levels) - FUZZ))) if largest else 0
    grid = weight_grid(options.weight_bits)
    values = rounded(projection.weight * (1 / (unit * 2**exponent * grid))) * grid
    return Mantissa(clipped(values, levels), exponent, unit)


def rounded(weight: Floats | csr_array) -> Floats | csr_array:
    """The nearest whole numbers."""
    if isinstance(weight, np.ndarray):
        return np.rint(weight)
    whole = weight.copy()
    whole.sum_duplicates()
    whole.data = np.rint(whole.data)
    return whole


def clipped(weight: Floats | csr_array, highest: int) -> Floats | csr_array:
    """Mantissas held in their range; only float fuzz can leave it."""
    if isinstance(weight, np.ndarray):
        return np.clip(weight, WEIGHT_MIN, highest)
    return weight.minimum(highest).maximum(WEIGHT_MIN)
