"""How many steps a sample needs to reach each population."""

from __future__ import annotations

from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.graph import Graph


def latency_steps(network: Graph | CountNetwork) -> dict[str, int]:
    """Steps after which a sample first changes a population, by name; one that no sample ever reaches is left out.

    A sample of step t is summed at t where an input ends, so the latency is 0 there; every projection adds its delay.
    """
    latency = {entry.target: 0 for entry in network.inputs}
    for _ in network.populations:
        for way in network.projections:
            if way.source in latency:
                later = latency[way.source] + way.delay_steps
                latency[way.target] = min(later, latency.get(way.target, later))
    return latency
