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
    targets = {entry.target for entry in network.inputs} or {p.name for p in network.populations}
    populations = [population for population in network.populations if population.name in targets]
    size_bytes = np.dtype(np.int64).itemsize * count * sum(population.size for population in populations)
    require_memory(size_bytes, f"a drive of {count} samples", f"network {network.name}", "take fewer samples")
    return {population.name: random_input(network, population, count, rng) for population in populations}


def random_input(network: CountNetwork, population: Population, count: int, rng: np.random.Generator) -> Integers:
    """Random drive of one population."""
    low, high = summed_range(network, population)
    room = np.maximum(largest_sum(network) - np.maximum(-low, high), 0)
    largest = room >> (np.arange(count) % 23)[:, np.newaxis]
    return rng.integers(-largest, largest, (count, population.size), endpoint=True)
