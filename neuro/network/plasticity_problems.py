"""Which learning rules are legal: their populations, the sizes of their messages, and the weights that they give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from quantal.neuro.arithmetic import STATE_MAX
from quantal.neuro.dialects import delay_max, dialect_named, effective_weights
from quantal.neuro.errors import type_of
from quantal.neuro.network.bounds import message_range
from quantal.neuro.network.count_network import CountNetwork, Projection
from quantal.neuro.protocols import whole
from quantal.neuro.synapses.plasticity import PLASTICITIES
from quantal.neuro.synapses.plasticity.protocol import Factor, LearnableWeight, Plasticity


def plasticity_problems(network: CountNetwork, projection: Projection) -> Iterator[str]:
    """What is wrong with the plasticity of one projection; its other parts are legal."""
    if isinstance(projection.delay_steps, np.ndarray) and (projection.shares or projection.plasticity is not None):
        yield "delay_steps is an array, expected a single delay for weights that learn"
        return
    if projection.shares != "":
        yield from shared_problems(network, projection)
    elif projection.plasticity is not None:
        yield from rule_problems(network, projection, projection.plasticity)


def shared_problems(network: CountNetwork, projection: Projection) -> Iterator[str]:
    """What is wrong with a projection that names another one whose weights it shares."""
    learning = {each.name: (each, rule) for each, rule in network.learning if each is not projection}
    if projection.plasticity is not None:
        yield f"has a plasticity and shares the weights of {projection.shares!r}, expected only one of the two"
    elif projection.shares not in learning:
        yield (
            f"shares the weights of {projection.shares!r}, expected a projection with a plasticity of its own: "
            f"{', '.join(learning) or 'there is none'}"
        )
    else:
        learner, rule = learning[projection.shares]
        if not same_weights(projection, learner):
            yield f"its weight differs from that of {learner.name}, whose weights it shares; give both the same weight"
        elif is_registered(rule) and not rule.problems():
            yield from level_problems(network, projection, rule)


def same_weights(one: Projection, other: Projection) -> bool:
    """Whether two projections have the same connections and weights, in the same order."""
    return one.weight is other.weight or (
        type(one.weight) is type(other.weight)
        and isinstance(one.weight, LearnableWeight)
        and isinstance(other.weight, LearnableWeight)
        and one.weight.shape == other.weight.shape
        and all(map(np.array_equal, one.weight.connections(), other.weight.connections()))
        and np.array_equal(one.weight.values(), other.weight.values())
    )


def rule_problems(network: CountNetwork, projection: Projection, rule: Plasticity) -> Iterator[str]:
    """What is wrong with the learning rule of a projection."""
    if not is_registered(rule):
        yield f"plasticity is {type_of(rule)}, expected one of {', '.join(PLASTICITIES)}, or register_plasticity first"
        return
    if not isinstance(projection.weight, LearnableWeight):
        yield (
            f"the connections of a {type(projection.weight).__name__} share weights and can't each learn their own; "
            "give a projection that learns a Dense or Sparse weight"
        )
        return
    found = [*rule.problems()] or [
        text for factor in rule.factors for text in factor_problems(network, projection, factor)
    ]
    yield from (f"plasticity: {text}" for text in found)
    if not found:
        yield from change_problems(network, rule)
        yield from first_weight_problems(projection, rule)
        yield from level_problems(network, projection, rule)


def is_registered(rule: Any) -> bool:
    """Whether this is a rule of a registered kind."""
    return type(rule) in PLASTICITIES.values()


def factor_problems(network: CountNetwork, projection: Projection, factor: Factor) -> Iterator[str]:
    """What is wrong with a population whose messages the rule reads."""
    sizes = {population.name: population.size for population in network.populations}
    if factor.population not in sizes:
        yield f"no population {factor.population!r}, expected one of {', '.join(sizes)}"
        return
    expected = projection.weight.shape[("post", "pre").index(factor.end)]
    if sizes[factor.population] != expected:
        end = {"post": "target", "pre": "source"}[factor.end]
        yield (
            f"{factor.end} {factor.population} has {sizes[factor.population]} units, expected {expected}, one for each "
            f"unit of the {end} {getattr(projection, end)}"
        )
    yield from whole(
        factor.delay, f"{factor.end}_delay of {factor.population}", 1, delay_max(dialect_named(network.dialect))
    )


def change_problems(network: CountNetwork, rule: Plasticity) -> Iterator[str]:
    """A tag that could change by more than 24 bits in one step."""
    ranges = [message_range(network.population(factor.population)) for factor in rule.factors]
    change = rule.largest_change([max(-low, high) for low, high in ranges])
    if change > STATE_MAX:
        sizes = ", ".join(
            f"{factor.population} {low} to {high}" for factor, (low, high) in zip(rule.factors, ranges, strict=True)
        )
        yield (
            f"plasticity: a tag can change by {change} in one step, expected at most {STATE_MAX}, 24 bits; narrow the "
            f"messages ({sizes}), by the range of their states or the shift of a Graded emission"
        )


def first_weight_problems(projection: Projection, rule: Plasticity) -> Iterator[str]:
    """A first weight that the rule can't give a connection."""
    values, levels = projection.weight.values(), rule.levels
    for place in np.flatnonzero(~np.isin(values, levels))[:1]:
        yield f"weight {values[place]} is none that the rule can give, expected {levels_text(rule)}"


def level_problems(network: CountNetwork, projection: Projection, rule: Plasticity) -> Iterator[str]:
    """A weight of the rule that has another effect in the network's dialect."""
    levels, exponent = rule.levels, projection.exponent
    effective = effective_weights(dialect_named(network.dialect), levels, exponent)
    for place in np.flatnonzero(effective != levels << exponent)[:1]:
        yield (
            f"plasticity: a learned weight of {levels[place]} at exponent {exponent} adds {effective[place]} in "
            f"dialect {network.dialect}, expected {levels[place] << exponent}"
        )


def levels_text(rule: Plasticity) -> str:
    """The weights that a rule can give, in words."""
    levels = rule.levels
    steps = np.unique(np.diff(levels))
    kind = "even numbers" if levels.size > 1 and np.array_equal(steps, [2]) and not levels[0] % 2 else "numbers"
    return f"{kind} from {levels[0]} to {levels[-1]}"
