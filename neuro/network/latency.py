"""Latency: the number of steps that a sample needs to reach each population."""

from __future__ import annotations

from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.graph import Graph
from quantal.neuro.synapses.delays import shortest


def latency_steps(network: Graph | CountNetwork) -> dict[str, int]:
    """Steps after which a sample first changes a population, by name; a population that no sample reaches is left out.

    The target of an input sums a sample in its own step, so its latency is 0; every projection adds its shortest delay.
    """
    latency = {entry.target: 0 for entry in network.inputs}
    for _ in network.populations:
        for projection in network.projections:
            if projection.source in latency:
                later = latency[projection.source] + shortest(projection.delay_steps)
                latency[projection.target] = min(later, latency.get(projection.target, later))
    return latency
