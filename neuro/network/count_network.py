"""`CountNetwork`: the integer spike-count network that every backend runs with the same result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.arithmetic import Integers
from quantal.neuro.network.arguments import fill_vectors, population_named
from quantal.neuro.network.frozen import freeze, frozen
from quantal.neuro.protocols import ADDED_LATER, Emission, FloatWeight, Integration, Weight
from quantal.neuro.synapses.conversion import WeightLike, float_weight
from quantal.neuro.synapses.delays import Delays, longest, shown_delays
from quantal.neuro.synapses.plasticity.protocol import Plasticity
from quantal.neuro.synapses.storage import DELAY_TYPE, store

UNITS_MAX = 2**31 - 1
"""The engine numbers units in 32 bits."""

SHOWN = 6
"""Most populations that a repr names."""


@dataclass(frozen=True, eq=False)
class Population:
    """Units that share an integration and an emission.

    Parameters
    ----------
    name
        Name of the population, on which its random draws depend.
    size
        Number of units.
    integration, emission
        See `neuro.neurons`.
    initial
        State before the first step: name of a state variable to `(units,)`; zero by default. Here and in the kinds, a
        single number stands for a vector of that number.
    state_scale
        What a 1 in the state stands for in the float network.
    message_scale
        What a message of 1 stands for in the float network.
    """

    name: str
    size: int
    integration: Integration
    emission: Emission
    initial: Mapping[str, Integers] = field(default_factory=dict[str, Integers])
    state_scale: float = 1.0
    message_scale: float = 1.0

    def __post_init__(self) -> None:
        fill_vectors(self, np.int64)
        freeze(self, "integration", "emission", "initial")

    def __repr__(self) -> str:
        kinds = f"{type(self.integration).__name__}, {type(self.emission).__name__}"
        return f"Population({self.name!r}, {self.size} units, {kinds})"

    @property
    def states(self) -> tuple[str, ...]:
        """Names of all state variables: the emission's own, then the integration's."""
        return (*self.emission.states, *self.integration.states)

    @property
    def limits(self) -> dict[str, tuple[int, int]]:
        """Lowest and highest value of every state variable."""
        integration = self.integration
        return {**self.emission.limits(integration.lowest, integration.highest), **integration.limits()}


@dataclass(frozen=True, eq=False)
class Projection:
    """Weighted connections from one population to another or to itself.

    What the source emits at step t arrives at `t + delay_steps` as `(W m) << exponent`. With a `Sparse` weight each
    connection may have its own delay: `delay_steps` is then `(connections,)`, in the order of the weight's arrays.

    With a `plasticity`, the weights of each sample change during a run, and `weight` holds the connections and their
    first weights. With `shares`, the name of such a projection, the weights are at every step those of that projection,
    which must have the same `weight`.
    """

    name: str
    source: str
    target: str
    weight: Weight
    delay_steps: Delays = 1
    exponent: int = 0
    plasticity: Plasticity | None = field(default=None, metadata=ADDED_LATER)
    shares: str = field(default="", metadata=ADDED_LATER)

    def __post_init__(self) -> None:
        store(self, delay_steps=DELAY_TYPE)
        freeze(self, "weight", "delay_steps")

    def __repr__(self) -> str:
        weight = f"{type(self.weight).__name__} {'×'.join(map(str, self.weight.shape))}"
        times = f"delay {shown_delays(self.delay_steps)}, times 2^{self.exponent}"
        return f"Projection({self.name!r}, {self.source} -> {self.target}, {weight}, {times})"


@dataclass(frozen=True, eq=False, init=False)
class Input:
    """How a raw sample becomes external input of a population, on the scale of its input sum.

    `gain` turns a sample `(features,)` into `rint(gain · sample)`. It is a float kind of `neuro.synapses` or an array,
    as in `FloatProjection`: `(units,)` with one feature per unit, a matrix `(units, features)`, or a convolution
    of a sample that is an image.
    """

    name: str
    target: str
    gain: FloatWeight

    def __init__(self, name: str, target: str, gain: WeightLike) -> None:
        given = {"name": name, "target": target, "gain": float_weight(gain, "gain", f"input {name}")}
        for field_name, value in given.items():
            object.__setattr__(self, field_name, frozen(value))


@dataclass(frozen=True, eq=False)
class Readout:
    """How messages of a population become an estimate of the raw sample: `weight · message`, `(features, units)`."""

    name: str
    source: str
    weight: NDArray[np.float64]

    def __post_init__(self) -> None:
        freeze(self, "weight")


@dataclass(frozen=True, eq=False)
class CountNetwork:
    """Populations and projections of whole numbers; `neuro.network.verify` says which are legal.

    Its arrays and mappings are read-only, and copies where its maker could still change them: a verified network stays
    verified.

    Parameters
    ----------
    name
        Name of the network, for readers.
    populations, projections
        Their order never matters, because all populations advance at once.
    inputs, readouts
        How samples become drive and messages become estimates; neither is part of a step.
    seed
        Seed of the random draws, 0 to 2⁶⁴ − 1.
    sample_shape
        Shape of one raw sample, such as that of an image.
    dialect
        Name of the dialect whose integer rules the network follows.
    provenance
        Origin of the network, as text.
    """

    name: str
    populations: tuple[Population, ...]
    projections: tuple[Projection, ...] = ()
    inputs: tuple[Input, ...] = ()
    readouts: tuple[Readout, ...] = ()
    seed: int = 0
    sample_shape: tuple[int, ...] = ()
    dialect: str = "lava-0.10"
    provenance: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        freeze(self, "populations", "projections", "inputs", "readouts", "provenance")

    def __repr__(self) -> str:
        return f"CountNetwork({self.name!r}, {summary(self)}, dialect {self.dialect})"

    def population(self, name: str) -> Population:
        """The population of that name."""
        return population_named(self.populations, name, f"network {self.name}")

    def arriving(self, target: str) -> list[Projection]:
        """The projections that end at a population."""
        return [projection for projection in self.projections if projection.target == target]

    def longest_delay(self, source: str) -> int:
        """Age in steps of the oldest message of a population that a projection or a learning rule reads, at least 1."""
        delays = [longest(projection.delay_steps) for projection in self.projections if projection.source == source]
        for _, rule in self.learning:
            delays += [factor.delay for factor in rule.factors if factor.population == source]
        return max(delays, default=1)

    @cached_property
    def learning(self) -> tuple[tuple[Projection, Plasticity], ...]:
        """The projections whose weights change, each with its rule; not those that only share such weights."""
        return tuple((each, each.plasticity) for each in self.projections if each.plasticity is not None)

    def learner(self, projection: Projection) -> tuple[Projection, Plasticity] | None:
        """The projection whose changing weights this one has, with its rule: itself or the one whose weights it shares.

        None for a projection with constant weights.
        """
        if not self.learning:
            return None
        name = projection.shares or projection.name
        return next(((each, rule) for each, rule in self.learning if each.name == name), None)


def summary(noun: Any) -> str:
    """Names and sizes of the populations and the number of projections, for the repr of a network or a graph."""
    shown = [f"{population.name} {population.size}" for population in noun.populations[:SHOWN]]
    shown += [f"and {len(noun.populations) - SHOWN} more"] if len(noun.populations) > SHOWN else []
    return f"populations {', '.join(shown) or 'none'}; {len(noun.projections)} projections"
