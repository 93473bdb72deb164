"""Interval arithmetic: what the sums and states of a network can reach, whatever its input."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from neuro.kinds.kind import Interval
from neuro.network import CountNetwork, Population


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
        reach = projection.weight.reach(*message_range(network.population(projection.source)))
        low += np.minimum(reach[0], 0) << projection.exponent
        high += np.maximum(reach[1], 0) << projection.exponent
    return low, high
