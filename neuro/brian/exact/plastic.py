"""Projections whose weights learn, as Brian2 synapses with a tag and a weight each.

A rule is applied in the slot `after_groups`, when all groups have emitted and before the slot `synapses` sums the input
of the next step with the new weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from quantal.neuro.brian.exact.functions import FUNCTIONS
from quantal.neuro.brian.exact.groups import SynapseText, assign, connected, past_message
from quantal.neuro.network.count_network import Projection
from quantal.neuro.network.learned import connections
from quantal.neuro.network.trace import Integers32
from quantal.neuro.synapses.plasticity.protocol import Plasticity

INDEX = {"post": "_postsynaptic_idx", "pre": "_presynaptic_idx"}
"""Brian2's index of the unit at each end of a synapse; a factor's population has as many units as that end."""
ON_MESSAGE = "arriving_post += weight * scale * arriving_message"


def plastic_synapses(
    projection: Projection, rule: Plasticity, groups: Mapping[str, Any], tags: Integers32, clock: Any
) -> Any:
    """A projection that learns, from tags `(batch, connections)`."""
    equations = rule.equations()
    names = {**FUNCTIONS, **equations.constants, "scale": 1 << projection.exponent}
    text = SynapseText("weight : integer\ntag : integer", ON_MESSAGE, names)
    made = connected(projection, groups, connections(projection), text, len(tags), clock)
    for place, factor in enumerate(rule.factors):
        group, variable = groups[factor.population], past_message(factor.delay - 1)
        made.variables.add_reference(f"factor_{place}", group, variable, index=INDEX[factor.end])
    made.run_regularly(equations.update, when="after_groups", name=f"{made.name}_learn")
    assign(made, "tag", tags)
    assign(made, "weight", rule.weights(tags.astype(np.int64)))
    return made


def sharing_synapses(projection: Projection, learner: Any, groups: Mapping[str, Any], batch: int, clock: Any) -> Any:
    """A projection with the weights of other synapses, which have the same connections in the same order."""
    text = SynapseText("", ON_MESSAGE, {"scale": 1 << projection.exponent})
    made = connected(projection, groups, connections(projection), text, batch, clock)
    made.variables.add_reference("weight", learner, "weight", index="_idx")
    return made
