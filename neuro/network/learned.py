"""Learned weights: those of one sample, and the network in which they are constant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.arithmetic import Integers
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Projection
from quantal.neuro.network.trace import Snapshot, check_snapshot
from quantal.neuro.protocols import Weight
from quantal.neuro.synapses.plasticity.protocol import Factor, LearnableWeight


def connections(projection: Projection) -> tuple[Integers, Integers]:
    """Target unit and source unit of every connection of a projection that learns, also where its weight is zero."""
    return cast(LearnableWeight, projection.weight).connections()


def units_of(projection: Projection, factor: Factor) -> Integers:
    """The unit of a factor's population that each connection of a projection reads, `(connections,)`."""
    return connections(projection)[("post", "pre").index(factor.end)]


def learned_weight(network: CountNetwork, projection: Projection, tags: Mapping[str, NDArray[np.integer]]) -> Weight:
    """The weight of a projection for one sample, given the tags `(connections,)` of each projection that learns."""
    learner = network.learner(projection)
    if learner is None:
        return projection.weight
    teacher, rule = learner
    weights = rule.weights(tags[teacher.name].astype(np.int64))
    return cast(LearnableWeight, projection.weight).with_values(weights)


def frozen(network: CountNetwork, snapshot: Snapshot, sample: int = 0) -> CountNetwork:
    """The network in which the weights that one sample has learned are constant, and nothing learns.

    Parameters
    ----------
    network
        A network with plasticity.
    snapshot
        The end of a run of this network.
    sample
        Which sample of the snapshot, counted from 0.

    Raises
    ------
    QuantalError
        If nothing in the network learns, or the snapshot does not fit.
    """
    where = f"network {network.name}"
    if not network.learning:
        raise QuantalError("no projection learns", where=where, hint="a network without plasticity needs no freezing")
    batch = min((len(tags) for tags in snapshot.weights.values()), default=0)
    check_snapshot(network, snapshot, batch)
    if not 0 <= sample < batch:
        raise QuantalError("no such sample", where="snapshot", expected=f"0 to {batch - 1}", got=str(sample))
    tags = {name: values[sample] for name, values in snapshot.weights.items()}
    projections = tuple(
        replace(each, weight=learned_weight(network, each, tags), plasticity=None, shares="")
        for each in network.projections
    )
    provenance = {**network.provenance, "learned_steps": str(snapshot.step)}
    return replace(network, projections=projections, provenance=provenance)
