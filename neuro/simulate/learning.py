"""How weights learn, as the reference means it: one application of every learning rule to the tags of a network."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.network.count_network import CountNetwork, Projection
from quantal.neuro.network.learned import learned_weight, units_of
from quantal.neuro.synapses.plasticity.protocol import Plasticity

Tags = dict[str, Integers]
"""The tags of each projection that learns, `(batch, connections)`."""
Sent = dict[str, deque[Integers]]
"""The last messages of each population, newest last."""


def weighted(
    network: CountNetwork, projection: Projection, tags: Mapping[str, Integers], message: Integers
) -> Integers:
    """`W m` of one projection, `(batch, target units)`; learned weights differ between samples."""
    if network.learner(projection) is None:
        return projection.weight.apply(message)
    samples = range(len(message))
    weights = [
        learned_weight(network, projection, {name: each[sample] for name, each in tags.items()}) for sample in samples
    ]
    return np.concatenate([weights[sample].apply(message[sample : sample + 1]) for sample in samples])


def learn(network: CountNetwork, tags: Tags, sent: Sent) -> None:
    """Apply every learning rule after all populations have emitted."""
    for projection, rule in network.learning:
        learn_one(projection, rule, tags, sent)


def learn_one(projection: Projection, rule: Plasticity, tags: Tags, sent: Sent) -> None:
    """Apply the rule of one projection to its tags; a factor of delay 1 is the newest message."""
    factors = [sent[factor.population][-factor.delay][:, units_of(projection, factor)] for factor in rule.factors]
    tags[projection.name] = rule.step(tags[projection.name], factors)
