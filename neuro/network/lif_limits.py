"""Units that the LIF of a dialect can't represent, where its package has no other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from quantal.neuro.dialects import Dialect, Lif, lif_problems
from quantal.neuro.network.count_network import Population
from quantal.neuro.neurons import Cuba, Spike


def unit_problems(dialect: Dialect, population: Population) -> Iterator[str]:
    """What the LIF of a dialect can't represent of a population of `Cuba`; other integrations are nobody's LIF."""
    integration, emission = population.integration, population.emission
    if dialect.other_lifs or not isinstance(integration, Cuba):
        return
    spike = emission if isinstance(emission, Spike) else never_spiking(population.size)
    for problem in lif_problems(dialect, lif_of(integration, spike)):
        yield f"{problem}; compile its graph for another dialect"
    if spike.reset != "zero":
        yield f"a spike resets v by {spike.reset!r}, {dialect.name} resets it to zero; compile its graph for another"


def never_spiking(size: int) -> Spike:
    """A spike that stands for the emission of units whose potential is only read."""
    return Spike(np.ones(size, np.int64))


def lif_of(cuba: Cuba, spike: Spike) -> Lif:
    """The parameters of units in terms common to all dialects."""
    return Lif(
        decay_u=cuba.decay_u + cuba.decay_offset,
        decay_v=cuba.decay_v,
        bias_mant=cuba.bias_mant,
        bias_exp=cuba.bias_exp,
        threshold_mant=spike.threshold_mant,
        refractory_steps=np.full_like(spike.threshold_mant, spike.refractory_steps),
    )
