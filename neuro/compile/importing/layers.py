"""`Layer`: units and all their input, and the parts of a `Graph` that are made from it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass

import numpy as np

from quantal.neuro.compile.importing.leaky_units import LeakyUnits
from quantal.neuro.compile.importing.weighted_sums import WeightedSum
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import FloatPopulation, FloatProjection
from quantal.neuro.neurons import FloatCuba
from quantal.neuro.protocols import FloatWeight
from quantal.neuro.synapses import FloatConvolution, FloatDense, FloatDiagonal
from quantal.neuro.synapses.diagonal import as_diagonal

GAINS_MAX = 2**28
"""Most entries of an input's gains, which have no sparse form; this many take 2 GB."""

PathName = Callable[[str, int, str], str]
"""Source, delay in steps and target of a projection to its name."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Named units, and their input.

    `with_constant_input` has already moved the constant of `input` into the units.
    """

    name: str
    units: LeakyUnits
    input: WeightedSum


def population(layer: Layer, lowest: float, highest: float) -> FloatPopulation:
    """The population of a layer, with this range of its states; an initial state of 0 is omitted."""
    units = layer.units
    integration = FloatCuba(units.bias, units.decay_u, units.decay_v, lowest, highest)
    initial = {name: value for name, value in (("u", units.initial_u), ("v", units.initial_v)) if value.any()}
    return FloatPopulation(layer.name, units.size, integration, units.emission, initial)


def projections(layer: Layer, sources: Container[str], name: PathName) -> Iterator[FloatProjection]:
    """The projections from `sources` to a layer; a message takes one step more than the delays on its path."""
    for (source, steps), weight in layer.input.weights.items():
        if source in sources:
            gained = weight.by_row(np.multiply, layer.units.gain)
            yield FloatProjection(name(source, steps, layer.name), source, layer.name, gained, 1 + steps)


def input_gain(gain: FloatWeight, columns: slice, features: int, where: str) -> FloatWeight:
    """The gain of a sample of `features` numbers, of which `gain` weights those in `columns`.

    The result is a convolution of the whole sample, a diagonal if unit i reads only feature i, or else dense,
    `(units, features)`.
    """
    compact = as_diagonal(gain)
    if columns == slice(0, features) and isinstance(compact, FloatConvolution | FloatDiagonal):
        return compact
    units = gain.shape[0]
    if units * features > GAINS_MAX:
        raise QuantalError(
            "too many gains for an external input",
            where=where,
            expected=f"at most {GAINS_MAX}",
            got=f"{units} × {features}",
        )
    full = np.zeros((units, features))
    full[:, columns] = gain.to_dense()
    return FloatDense(full)
