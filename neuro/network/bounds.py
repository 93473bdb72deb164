"""Interval arithmetic: the ranges of a network's messages and sums for any input."""

from __future__ import annotations

from typing import cast

import numpy as np

from quantal.neuro.caching import cached_while_alive
from quantal.neuro.dialects import dialect_named, sum_max
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.protocols import Bound, Interval
from quantal.neuro.synapses.plasticity.protocol import LearnableWeight

BOUND_MAX = 2**61
"""Bounds are clamped to this size: far above any accumulator, and two of them can be added in 64 bits."""


def largest_sum(network: CountNetwork) -> int:
    """Largest absolute sum that fits the accumulator of the network's dialect."""
    return sum_max(dialect_named(network.dialect))


def message_range(population: Population) -> tuple[int, int]:
    """Lowest and highest message, from the range of the potential; 0 is among them, as what came before step 0."""
    integration = population.integration
    low, high = population.emission.message_range(integration.lowest, integration.highest)
    return min(low, 0), max(high, 0)


def unit_message_ranges(population: Population) -> tuple[Bound, Bound]:
    """Lowest and highest message of each unit whose potential has a range of its own, else of all units."""
    own = getattr(population.integration, "unit_range", None)
    if own is None:
        return message_range(population)
    pairs, place = np.unique(own, axis=1, return_inverse=True)
    found = np.array([population.emission.message_range(low, high) for low, high in pairs.T.tolist()])
    return np.minimum(found[:, 0], 0)[place.ravel()], np.maximum(found[:, 1], 0)[place.ravel()]


@cached_while_alive
def summed_range(network: CountNetwork, population: Population) -> Interval:
    """Interval of `a` without external input, `(units,)` each, clamped to `BOUND_MAX` in size.

    Partial sums also stay inside it, in any order, because the range of each message includes 0.
    """
    low = np.zeros(population.size, np.int64)
    high = np.zeros(population.size, np.int64)
    for projection in network.arriving(population.name):
        least, most = projected_range(network, projection)
        low = np.maximum(low + least, -BOUND_MAX)
        high = np.minimum(high + most, BOUND_MAX)
    return low, high


def projected_range(network: CountNetwork, projection: Projection) -> Interval:
    """Interval of what one projection adds to `a`, clamped, `(target units,)` each; 0 is in it, as in a message's."""
    low, high = weight_range(network, projection)
    # A bound that the shift would carry out of 64 bits is clamped before, or it would come back as a small number.
    largest = BOUND_MAX >> projection.exponent
    return np.clip(low, -largest, 0) << projection.exponent, np.clip(high, 0, largest) << projection.exponent


def weight_range(network: CountNetwork, projection: Projection) -> Interval:
    """Interval of `W m`, `(target units,)` each; learned weights may have any size up to the largest of their rule."""
    messages = message_range(network.population(projection.source))
    learner = network.learner(projection)
    if learner is None:
        return projection.weight.reach(*unit_message_ranges(network.population(projection.source)))
    largest = int(np.abs(learner[1].levels).max()) * max(-messages[0], messages[1])
    target, _ = cast(LearnableWeight, projection.weight).connections()
    reach = np.bincount(target, minlength=projection.weight.shape[0]) * largest
    return -reach, reach
