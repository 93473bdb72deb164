"""How samples enter a network: as messages of an input population, or through synapses that stay on the host."""

from __future__ import annotations

import numpy as np

from quantal.neuro.network.count_network import CountNetwork, Input, Population
from quantal.neuro.network.graph import Graph
from quantal.neuro.neurons import Graded, Memoryless
from quantal.neuro.protocols import FloatWeight
from quantal.neuro.synapses import FloatDiagonal


def host_share(network: Graph | CountNetwork) -> float:
    """Share of all synapses that stay on the host, from 0 to 1; 0 where there are no synapses.

    A synapse is a connection whose weight isn't 0. Those on the host are the gains of inputs that mix features, as a
    matrix or a convolution does. A diagonal gain only sets the scale in which a feature is encoded, and has none.
    """
    on_host = sum(float_synapses(entry.gain) for entry in network.inputs if mixes_features(entry))
    on_chip = sum(chip_synapses(network))
    return on_host / (on_host + on_chip) if on_host else 0.0


def mixes_features(entry: Input) -> bool:
    """Whether units of the target receive weighted sums of features, so that the gain stands for synapses."""
    return not isinstance(entry.gain, FloatDiagonal)


def is_input_population(network: CountNetwork, population: Population) -> bool:
    """Whether a population sends samples as they are: without memory, and nothing else arrives there."""
    kinds = isinstance(population.integration, Memoryless) and isinstance(population.emission, Graded)
    driven = population.name in {entry.target for entry in network.inputs}
    return kinds and driven and not network.arriving(population.name)


def chip_synapses(network: Graph | CountNetwork) -> list[int]:
    """Number of connections of each projection whose weight isn't 0."""
    if isinstance(network, Graph):
        return [float_synapses(projection.weight) for projection in network.projections]
    return [len(projection.weight.entries()[0]) for projection in network.projections]


def float_synapses(weight: FloatWeight) -> int:
    """Number of connections whose weight isn't 0."""
    ones = weight.mapped(lambda values: (values != 0).astype(np.float64))
    return round(float(ones.row_sizes().sum()))
