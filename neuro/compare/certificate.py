"""Where the spikes of a float network and of its integer form first differ, and by which arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quantal.neuro import engine
from quantal.neuro.arithmetic import STATE_MAX, leak
from quantal.neuro.compile.inputs import with_inputs_of
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Population
from quantal.neuro.network.graph import FloatPopulation, Graph
from quantal.neuro.network.inputs import is_input_population
from quantal.neuro.network.trace import Trace
from quantal.neuro.neurons import Cuba, FloatCuba, FloatSpike, Silent, Spike
from quantal.neuro.simulate.drive import Floats, encode
from quantal.neuro.simulate.floats import FloatTrace, simulate_states
from quantal.neuro.synapses.delays import shortest

KINDS = (Cuba, (Spike, Silent))

RESET_DIFFERENCE = 0.02
"""Difference of potentials, as a share of the threshold, above which the two were reset differently."""

DELAY_REMAINDER = 0.1
"""Share of the differing spikes that may remain after a shift of one step, for a delay to be their cause."""


@dataclass(frozen=True)
class Divergence:
    """The first spike that only one of the two networks has.

    `float_potential` and `integer_potential` are v before the reset, and `threshold` is the float threshold, all on the
    scale of the float network.
    """

    step: int
    sample: int
    unit: int
    cause: str
    float_potential: float
    integer_potential: float
    threshold: float


@dataclass(frozen=True)
class LayerReport:
    """How far one population differs between the two networks.

    Parameters
    ----------
    float_spikes, integer_spikes
        Spikes in all samples and steps.
    differing
        Number of spikes that only one of the two has.
    largest_difference
        Largest difference of the potentials after any step, on the scale of the float network.
    divergence
        The first spike that differs; None if there is none.
    """

    population: str
    float_spikes: int
    integer_spikes: int
    differing: int
    largest_difference: float
    divergence: Divergence | None


@dataclass(frozen=True)
class Certificate:
    """Reports of all populations, and the share of samples on which the two networks agree.

    They agree where the winning unit of the last population is the same: the one with the most spikes or, in a silent
    population, the one with the highest potential after the last step.
    """

    layers: tuple[LayerReport, ...]
    agreement: float


@dataclass(frozen=True, eq=False)
class Pair:
    """Both forms of a network and their traces; states in both are `(steps, batch, units)`."""

    graph: Graph
    network: CountNetwork
    float_trace: FloatTrace
    trace: Trace

    def spikes(self, name: str) -> tuple[Floats, Floats]:
        """Spikes of a population, float and integer."""
        return self.float_trace.messages[name], self.trace.messages[name].astype(np.float64)

    def potentials(self, name: str) -> tuple[Floats, Floats]:
        """v after each step, float and integer."""
        v = self.trace.states[name]["v"].astype(np.float64)
        return self.float_trace.states[name]["v"], v * self.network.population(name).state_scale


def certify(graph: Graph, network: CountNetwork, samples: Floats, steps: int) -> Certificate:
    """Run both forms on samples `(batch, features)` or `(steps, batch, features)`, and compare every spike.

    Where samples enter the chip as messages, the float network is the graph with the same input population. Raises a
    `QuantalError` unless every other population is `Cuba` with `Spike` or `Silent`, and no weight learns.
    """
    check_constant_weights(network)
    graph = with_inputs_of(network, graph)
    compared = [p for p in network.populations if not is_input_population(network, p)]
    for population in compared:
        check_kinds(graph, population)
    names = [population.name for population in compared]
    pair = Pair(
        graph,
        network,
        simulate_states(graph, samples, steps, names),
        engine.run(network, encode(network, samples), steps),
    )
    return Certificate(tuple(layer_report(pair, name) for name in names), agreement(pair, names[-1]))


def check_constant_weights(network: CountNetwork) -> None:
    """Refuse a network that learns."""
    for projection, _ in network.learning:
        raise QuantalError(
            "its weights change during a run, and those of the float network do not",
            where=f"certificate, projection {projection.name}",
            hint="compare the network with constant weights: quantal.frozen(network, trace.end)",
        )


def check_kinds(graph: Graph, population: Population) -> None:
    """Refuse a population that can't be compared spike for spike."""
    kinds = f"{type(population.integration).__name__} + {type(population.emission).__name__}"
    if not (isinstance(population.integration, KINDS[0]) and isinstance(population.emission, KINDS[1])):
        expected = "Cuba + Spike or Cuba + Silent"
        raise QuantalError("can't be certified", where=f"population {population.name}", expected=expected, got=kinds)
    if population.name not in {known.name for known in graph.populations}:
        known = ", ".join(each.name for each in graph.populations)
        raise QuantalError(
            "not in the float network",
            where=f"population {population.name}",
            expected=known,
            hint="compare a network with the model that it was compiled from",
        )


def layer_report(pair: Pair, name: str) -> LayerReport:
    """Compare one population."""
    (float_spikes, spikes), (float_v, v) = pair.spikes(name), pair.potentials(name)
    differing = np.argwhere(float_spikes != spikes)
    return LayerReport(
        name,
        int(float_spikes.sum()),
        int(spikes.sum()),
        len(differing),
        float(np.abs(float_v - v).max(initial=0.0)),
        divergence(pair, name, *map(int, differing[0])) if len(differing) else None,
    )


def agreement(pair: Pair, name: str) -> float:
    """Share of samples on which the winning unit of a population is the same."""
    silent = isinstance(pair.network.population(name).emission, Silent)
    values = [v[-1] for v in pair.potentials(name)] if silent else [spikes.sum(axis=0) for spikes in pair.spikes(name)]
    return float((values[0].argmax(axis=-1) == values[1].argmax(axis=-1)).mean())


@dataclass(frozen=True, eq=False)
class Evidence:
    """One unit in one sample up to the step at which it differs; potentials are those before the reset."""

    pair: Pair
    float_population: FloatPopulation
    population: Population
    step: int
    sample: int
    unit: int
    float_potential: float
    integer_potential: float
    threshold: float
    integer_threshold: float

    def both(self, values: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
        """This unit's values in float and in integers, `(steps,)`."""
        return values[0][:, self.sample, self.unit], values[1][:, self.sample, self.unit]


def divergence(pair: Pair, name: str, step: int, sample: int, unit: int) -> Divergence:
    """Describe a differing spike and find its cause."""
    float_population, population = pair.graph.population(name), pair.network.population(name)
    assert isinstance(float_population.emission, FloatSpike)
    assert isinstance(population.emission, Spike)
    found = Evidence(
        pair,
        float_population,
        population,
        step,
        sample,
        unit,
        float_before_reset(pair, float_population, step, sample, unit),
        integer_before_reset(pair, population, step, sample, unit) * population.state_scale,
        float(float_population.emission.threshold[unit]),
        float(population.emission.threshold[unit] * population.state_scale),
    )
    cause = next(cause for cause, holds in CAUSES.items() if holds(found))
    return Divergence(step, sample, unit, cause, found.float_potential, found.integer_potential, found.threshold)


def float_before_reset(pair: Pair, population: FloatPopulation, step: int, sample: int, unit: int) -> float:
    """`(1 − decay_v) v + u + bias`."""
    cuba, states = population.integration, pair.float_trace.states[population.name]
    assert isinstance(cuba, FloatCuba)
    start = population.initial.get("v", np.zeros(population.size))[unit]
    before = states["v"][step - 1, sample, unit] if step else start
    return float((1 - cuba.decay_v[unit]) * before + states["u"][step, sample, unit] + cuba.bias[unit])


def integer_before_reset(pair: Pair, population: Population, step: int, sample: int, unit: int) -> int:
    """`saturate(leak(v, decay_v) + u + bias)`."""
    cuba, states = population.integration, pair.trace.states[population.name]
    assert isinstance(cuba, Cuba)
    start = population.initial.get("v", np.zeros(population.size, np.int64))[unit]
    before = np.int64(states["v"][step - 1, sample, unit] if step else start)
    leaked = leak(np.array([before]), int(cuba.decay_v[unit]))[0]
    value = int(leaked) + int(states["u"][step, sample, unit]) + int(cuba.bias[unit])
    return max(-STATE_MAX, min(STATE_MAX, value))


def wrapped(found: Evidence) -> bool:
    """Whether u wrapped around: it differs by more than rounding ever could."""
    name, scale = found.population.name, found.population.state_scale
    float_u, u = found.pair.float_trace.states[name]["u"], found.pair.trace.states[name]["u"] * scale
    difference = np.abs(float_u - u)[: found.step + 1, found.sample, found.unit]
    return bool((difference > 2**22 * scale).any())


def saturated(found: Evidence) -> bool:
    """Whether v is at an end of its range."""
    return abs(found.integer_potential) >= STATE_MAX * found.population.state_scale


def differs_by_one_step(found: Evidence) -> bool:
    """Whether shifting one of the two by a step removes most differences of this population."""
    given, got = found.pair.spikes(found.population.name)
    shifted = np.count_nonzero(given[1:] != got[:-1]), np.count_nonzero(given[:-1] != got[1:])
    return bool(min(shifted) < DELAY_REMAINDER * np.count_nonzero(given != got))


def input_differs(found: Evidence) -> bool:
    """Whether the spikes that had arrived by then differed already."""
    network = found.pair.network
    for projection in network.arriving(found.population.name):
        if is_input_population(network, network.population(projection.source)):
            continue  # It sends the same sample in both.
        given, got = found.pair.spikes(projection.source)
        arrived = slice(0, max(found.step - shortest(projection.delay_steps) + 1, 0))
        if (given[arrived, found.sample] != got[arrived, found.sample]).any():
            return True
    return False


def reset_differs(found: Evidence) -> bool:
    """Whether potentials differed after a common spike, or both exceeded the threshold and only one could spike."""
    given, got = found.both(found.pair.spikes(found.population.name))
    before, after = found.both(found.pair.potentials(found.population.name))
    together = (given[: found.step] > 0) & (got[: found.step] > 0)
    apart = np.abs(before - after)[: found.step] > RESET_DIFFERENCE * found.threshold
    exceeded = found.float_potential > found.threshold and found.integer_potential > found.integer_threshold
    return bool((together & apart).any()) or exceeded


def threshold_differs(found: Evidence) -> bool:
    """Whether both potentials lie on the same side of the float threshold, so that the integer threshold decided."""
    return (found.float_potential > found.threshold) is (found.integer_potential > found.threshold)


CAUSES: dict[str, Callable[[Evidence], bool]] = {
    "wrap": wrapped,
    "saturation": saturated,
    "one step of delay": differs_by_one_step,
    "different input": input_differs,
    "reset": reset_differs,
    "threshold": threshold_differs,
    "rounding": lambda found: True,
}
"""Causes, in the order in which they are tested."""
