"""The networks that all backends are tested with cover what there is to cover."""

from __future__ import annotations

import numpy as np

from quantal.neuro.network.bounds import message_range
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.neurons import EMISSIONS, INTEGRATIONS
from quantal.neuro.simulate import reference
from quantal.neuro.synapses import WEIGHTS

from support.networks import (
    MAKE_EMISSION,
    MAKE_INTEGRATION,
    MAKE_WEIGHT,
    everything_drive,
    everything_network,
)


def test_random_networks_can_hold_every_kind():
    assert set(MAKE_INTEGRATION) == set(INTEGRATIONS.values())
    assert set(MAKE_EMISSION) == set(EMISSIONS.values())
    assert set(MAKE_WEIGHT) == set(WEIGHTS.values())


def test_everything_network_holds_every_kind():
    network = everything_network()
    assert {type(population.integration) for population in network.populations} == set(INTEGRATIONS.values())
    assert {type(population.emission) for population in network.populations} == set(EMISSIONS.values())
    assert {type(projection.weight) for projection in network.projections} == set(WEIGHTS.values())


def messages_expected(network: CountNetwork, name: str) -> int:
    """Three different ones, or as many as there can be."""
    low, high = message_range(network.population(name))
    return min(3, high - low + 1)


def test_every_sender_of_everything_network_changes_its_message():
    network = everything_network()
    trace = reference.run(network, everything_drive(2, 60), 60)
    senders = {projection.source for projection in network.projections}
    quiet = [name for name in senders if len(np.unique(trace.messages[name])) < messages_expected(network, name)]
    assert not quiet
