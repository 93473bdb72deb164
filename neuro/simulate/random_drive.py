"""Random drive, as large as a network allows, for checks without samples."""

from __future__ import annotations

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.network.bounds import largest_sum, summed_range
from quantal.neuro.network.count_network import CountNetwork, Population
from quantal.neuro.simulate.memory import require_memory


def random_drive(network: CountNetwork, count: int, seed: int = 0) -> dict[str, Integers]:
    """Random drive, `(count, units)` by population.

    The first sample uses the full range, each later one half of the range before. So some samples saturate every state
    that can saturate, and others hardly change it.
    """
    rng = np.random.default_rng(seed)
    largest = max(population.size for population in network.populations)
    require_memory(8 * count * largest, f"a drive of {count} samples", f"network {network.name}", "take fewer samples")
    targets = {entry.target for entry in network.inputs} or {p.name for p in network.populations}
    return {p.name: random_input(network, p, count, rng) for p in network.populations if p.name in targets}


def random_input(network: CountNetwork, population: Population, count: int, rng: np.random.Generator) -> Integers:
    """Random drive of one population."""
    low, high = summed_range(network, population)
    room = np.maximum(largest_sum(network) - np.maximum(-low, high), 0)
    largest = room >> (np.arange(count) % 23)[:, np.newaxis]
    return rng.integers(-largest, largest, (count, population.size), endpoint=True)
