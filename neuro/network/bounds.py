"""Interval arithmetic: what the sums and states of a network can reach, whatever its input."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from quantal.neuro.dialects import dialect_named, sum_max
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.protocols import Interval


def largest_sum(network: CountNetwork) -> int:
    """Largest size that a sum may have: what fits the accumulator of the network's dialect."""
    return sum_max(dialect_named(network.dialect))


def message_range(population: Population) -> tuple[int, int]:
    """Lowest and highest message: the state can't leave its range, so neither can the message."""
    integration = population.integration
    return population.emission.message_range(integration.lowest, integration.highest)


@lru_cache(maxsize=16)
def summed_range(network: CountNetwork, population: Population) -> Interval:
    """Interval of `a` without external input, `(units,)` each.

    Partial sums stay inside as well where 0 lies in every message range, in whatever order they are taken.
    """
    low = np.zeros(population.size, np.int64)
    high = np.zeros(population.size, np.int64)
    for projection in network.arriving(population.name):
        least, most = projected_range(network, projection)
        low += least
        high += most
    return low, high


def projected_range(network: CountNetwork, projection: Projection) -> Interval:
    """Interval of what one projection adds to `a`, widened to hold 0, `(target units,)` each."""
    low, high = projection.weight.reach(*message_range(network.population(projection.source)))
    return np.minimum(low, 0) << projection.exponent, np.maximum(high, 0) << projection.exponent
