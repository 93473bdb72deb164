"""`Graph`: a float network in physical units, as built from a theory, a trained model or a file of another tool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.arithmetic import DELAY_MAX
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.arguments import fill_vectors, population_named, shape_problems
from quantal.neuro.network.count_network import UNITS_MAX, Input, Readout, summary
from quantal.neuro.network.frozen import freeze
from quantal.neuro.network.verify import duplicate_names, name_problems, sample_problems
from quantal.neuro.protocols import FloatEmission, FloatIntegration, FloatWeight, finite, whole
from quantal.neuro.synapses.conversion import DelaysLike, WeightLike, float_weight, with_delays
from quantal.neuro.synapses.delays import Delays, delay_problems, shown_delays

Floats = NDArray[np.float64]

MESSAGE_BITS = (2, 16)
"""Fewest and most bits of a graded message, excluding its sign."""


@dataclass(frozen=True, eq=False)
class FloatPopulation:
    """Units that share a float integration and emission.

    Parameters
    ----------
    name, size
        As in `Population`.
    integration, emission
        Float kinds of `neuro.neurons`.
    initial
        State before the first step: name to `(units,)`; zero by default.
    state_scale, message_scale
        What 1 in the integer state and message will stand for; compilation chooses them.
    message_bits
        Bits of a graded message, excluding its sign, 2 to 16; by default those of the compile options.
    """

    name: str
    size: int
    integration: FloatIntegration
    emission: FloatEmission
    initial: Mapping[str, Floats] = field(default_factory=dict[str, Floats])
    state_scale: float | None = None
    message_scale: float | None = None
    message_bits: int | None = None

    def __post_init__(self) -> None:
        fill_vectors(self, np.float64)
        freeze(self, "integration", "emission", "initial")

    def __repr__(self) -> str:
        kinds = f"{type(self.integration).__name__}, {type(self.emission).__name__}"
        return f"FloatPopulation({self.name!r}, {self.size} units, {kinds})"

    @property
    def sum_scale(self) -> float | None:
        """What 1 in the sum of input will stand for."""
        return None if self.state_scale is None else self.integration.sum_scale(self.state_scale)

    @property
    def states(self) -> tuple[str, ...]:
        """Names of all state variables: the emission's own, then the integration's."""
        return (*self.emission.states, *self.integration.states)


@dataclass(frozen=True, eq=False, init=False)
class FloatProjection:
    """Weighted connections from one population to another or to itself.

    Parameters
    ----------
    name
        Name of the projection.
    source, target
        Names of two populations.
    weight
        A float kind of `neuro.synapses`, `(target units, source units)`, or an array: a NumPy matrix becomes a
        `FloatDense`, a vector `(units,)` a `FloatDiagonal`, a SciPy sparse array a `FloatSparse`.
    delay_steps
        What the source emits at step t arrives at `t + delay_steps`. With a sparse weight each connection may have its
        own delay: a SciPy sparse array with an entry for each of the weight's, or `(connections,)` in its order.
    """

    name: str
    source: str
    target: str
    weight: FloatWeight
    delay_steps: Delays = 1

    def __init__(self, name: str, source: str, target: str, weight: WeightLike, delay_steps: DelaysLike = 1) -> None:
        made, delays = with_delays(float_weight(weight, "weight", f"projection {name}"), delay_steps, name)
        given = {"name": name, "source": source, "target": target, "weight": made, "delay_steps": delays}
        for field_name, value in given.items():
            object.__setattr__(self, field_name, value)

    def __repr__(self) -> str:
        weight = f"{type(self.weight).__name__} {'×'.join(map(str, self.weight.shape))}"
        delay = shown_delays(self.delay_steps)
        return f"FloatProjection({self.name!r}, {self.source} -> {self.target}, {weight}, delay {delay})"


@dataclass(frozen=True)
class SampleRange:
    """What the features of a raw sample can be.

    Parameters
    ----------
    lowest, highest
        Smallest and largest value of any feature.
    step
        Features are whole multiples of this, such as 1 for spikes and counts; 0 for analogue samples.
    """

    lowest: float
    highest: float
    step: float = 0.0

    @property
    def largest(self) -> float:
        """Largest absolute value of any feature."""
        return max(-self.lowest, self.highest)


@dataclass(frozen=True, eq=False)
class Graph:
    """A float network: the same parts as a `CountNetwork`, with float kinds and weights.

    The gains of `inputs` turn a raw sample into external input on the scale of the target's state. Where `sample_range`
    is known, compilation turns gains that mix features into synapses on the chip (`neuro.compile.inputs`).
    """

    name: str
    populations: tuple[FloatPopulation, ...]
    projections: tuple[FloatProjection, ...] = ()
    inputs: tuple[Input, ...] = ()
    readouts: tuple[Readout, ...] = ()
    seed: int = 0
    sample_shape: tuple[int, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict[str, str])
    sample_range: SampleRange | None = None

    def __post_init__(self) -> None:
        freeze(self, "provenance")
        for problem in problems(self):
            raise QuantalError(problem, where=f"graph {self.name}")

    def __repr__(self) -> str:
        return f"Graph({self.name!r}, {summary(self)})"

    def population(self, name: str) -> FloatPopulation:
        """The population of that name."""
        return population_named(self.populations, name, f"graph {self.name}")

    def arriving(self, target: str) -> list[FloatProjection]:
        """The projections that end at a population."""
        return [projection for projection in self.projections if projection.target == target]


def problems(graph: Graph) -> Iterator[str]:
    """Everything that is wrong with a graph, as sentences."""
    yield from shape_problems(graph.sample_shape, "sample_shape")
    yield from range_problems(graph.sample_range)
    populations = {"population": graph.populations}
    others = {"projection": graph.projections, "input": graph.inputs, "read-out": graph.readouts}
    yield from name_problems({**populations, **others})
    yield from duplicate_names(populations)
    sizes = {population.name: population.size for population in graph.populations}
    for population in graph.populations:
        size = whole(population.size, "size", 1, UNITS_MAX)
        kinds = size or population.integration.problems(population.size) + population.emission.problems(population.size)
        kinds += (
            [] if population.message_bits is None else whole(population.message_bits, "message_bits", *MESSAGE_BITS)
        )
        yield from (f"population {population.name}: {text}" for text in kinds)
        for name, value in population.initial.items():
            yield from (f"population {population.name}: {text}" for text in initial_problems(population, name, value))
    for projection in graph.projections:
        yield from (f"projection {projection.name}: {text}" for text in projection_problems(projection, sizes))
    yield from sample_problems(graph.inputs, graph.readouts, sizes)


def range_problems(given: SampleRange | None) -> Iterator[str]:
    """What is wrong with the range of samples."""
    if given is None:
        return
    ends = np.array([given.lowest, given.highest, given.step])
    if not (np.isfinite(ends).all() and given.lowest <= 0 <= given.highest and given.largest > 0 and given.step >= 0):
        yield f"sample_range is {given}, expected lowest <= 0 <= highest, one of them not 0, and a step of 0 or more"


def initial_problems(population: FloatPopulation, name: str, value: Floats) -> Iterator[str]:
    """What is wrong with one initial state."""
    if name not in population.states:
        yield f"initial state {name!r}, expected one of {population.states}"
    if value.shape != (population.size,):
        yield f"initial {name} is {value.shape}, expected ({population.size},)"
    yield from finite(value, f"initial {name}")


def projection_problems(projection: FloatProjection, sizes: Mapping[str, int]) -> Iterator[str]:
    """What is wrong with one projection, given the sizes of the populations."""
    unknown = [end for end in (projection.source, projection.target) if end not in sizes]
    if unknown:
        yield f"no population {unknown[0]!r}, expected one of {', '.join(sizes)}"
        return
    if wrong := projection.weight.problems():
        yield from wrong
        return
    expected = (sizes[projection.target], sizes[projection.source])
    if projection.weight.shape != expected:
        yield f"weight is {projection.weight.shape}, expected {expected} (target units, source units)"
    yield from delay_problems(projection.delay_steps, projection.weight, DELAY_MAX)
    yield from finite(projection.weight.values(), "weight")
