"""A float network beside its integer form: per population, where their spikes first part, and by which arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quantal.neuro import engine
from quantal.neuro.arithmetic import STATE_MAX, leak
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Population
from quantal.neuro.network.graph import FloatPopulation, Graph
from quantal.neuro.network.trace import Trace
from quantal.neuro.neurons import Cuba, FloatCuba, FloatSpike, Silent, Spike
from quantal.neuro.simulate.drive import Floats, encode
from quantal.neuro.simulate.floats import FloatTrace, simulate_states

KINDS = (Cuba, (Spike, Silent))

RESET_APART = 0.02
"""Share of the threshold by which potentials differ after another reset; after the same one they are closer."""

MOVED = 0.1
"""Share of differing spikes that may be left when a step of delay is what made them."""


@dataclass(frozen=True)
class Parting:
    """The first spike that one of the two has and the other has not.

    `float_potential` and `integer_potential` are v before the reset, and `threshold` what it has to pass, all in the
    physical unit.
    """

    step: int
    sample: int
    unit: int
    cause: str
    float_potential: float
    integer_potential: float
    threshold: float


@dataclass(frozen=True)
class Layer:
    """What is said of one population.

    Parameters
    ----------
    float_spikes, integer_spikes
        In all samples and steps.
    differing
        Spikes that only one of the two has.
    largest_difference
        Between the potentials after each step, in the physical unit.
    parting
        None where every spike is the same.
    """

    population: str
    float_spikes: int
    integer_spikes: int
    differing: int
    largest_difference: float
    parting: Parting | None


@dataclass(frozen=True)
class Certificate:
    """Every population, and the share of samples to which the last one gives the same answer.

    The answer is the unit with the most spikes, or of a silent population the one with the highest potential at last.
    """

    layers: tuple[Layer, ...]
    same_answers: float


@dataclass(frozen=True, eq=False)
class Pair:
    """Both forms of a network and what they did; states of `given` and `got` are `(steps, batch, units)`."""

    graph: Graph
    network: CountNetwork
    given: FloatTrace
    got: Trace

    def spikes(self, name: str) -> tuple[Floats, Floats]:
        """Float and integer."""
        return self.given.messages[name], self.got.messages[name].astype(np.float64)

    def potentials(self, name: str) -> tuple[Floats, Floats]:
        """v after each step, float and integer."""
        whole = self.got.states[name]["v"].astype(np.float64)
        return self.given.states[name]["v"], whole * self.network.population(name).state_scale


def certify(graph: Graph, network: CountNetwork, samples: Floats, steps: int) -> Certificate:
    """Run both forms on samples `(batch, features)` or `(steps, batch, features)`, and compare every spike.

    A network that draws, or whose units are of other kinds than `Cuba` with `Spike` or `Silent`, is a `QuantalError`.
    """
    for population in network.populations:
        check_kinds(graph, population)
    names = [population.name for population in network.populations]
    pair = Pair(
        graph,
        network,
        simulate_states(graph, samples, steps, names),
        engine.run(network, encode(network, samples), steps),
    )
    return Certificate(tuple(layer(pair, name) for name in names), same_answers(pair, names[-1]))


def check_kinds(graph: Graph, population: Population) -> None:
    """Refuse what can't be compared spike for spike."""
    kinds = f"{type(population.integration).__name__} + {type(population.emission).__name__}"
    if not (isinstance(population.integration, KINDS[0]) and isinstance(population.emission, KINDS[1])):
        expected = "Cuba + Spike or Cuba + Silent"
        raise QuantalError(
            "no certificate of this kind", where=f"population {population.name}", expected=expected, got=kinds
        )
    if population.name not in {given.name for given in graph.populations}:
        known = ", ".join(given.name for given in graph.populations)
        raise QuantalError(
            "not in the float network",
            where=f"population {population.name}",
            expected=known,
            hint="compare a network with the model that it was compiled from",
        )


def layer(pair: Pair, name: str) -> Layer:
    """One population."""
    (given, got), (before, after) = pair.spikes(name), pair.potentials(name)
    unlike = np.argwhere(given != got)
    return Layer(
        name,
        int(given.sum()),
        int(got.sum()),
        len(unlike),
        float(np.abs(before - after).max(initial=0.0)),
        parting(pair, name, *map(int, unlike[0])) if len(unlike) else None,
    )


def same_answers(pair: Pair, name: str) -> float:
    """Share of samples."""
    silent = isinstance(pair.network.population(name).emission, Silent)
    values = [v[-1] for v in pair.potentials(name)] if silent else [spikes.sum(axis=0) for spikes in pair.spikes(name)]
    return float((values[0].argmax(axis=-1) == values[1].argmax(axis=-1)).mean())


@dataclass(frozen=True, eq=False)
class Evidence:
    """One unit of one sample up to the step where its two forms part; its potentials are those before the reset."""

    pair: Pair
    given: FloatPopulation
    whole: Population
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


def parting(pair: Pair, name: str, step: int, sample: int, unit: int) -> Parting:
    """What happened where one unit's spikes part."""
    given, whole = pair.graph.population(name), pair.network.population(name)
    assert isinstance(given.emission, FloatSpike)
    assert isinstance(whole.emission, Spike)
    found = Evidence(
        pair,
        given,
        whole,
        step,
        sample,
        unit,
        float_before_reset(pair, given, step, sample, unit),
        integer_before_reset(pair, whole, step, sample, unit) * whole.state_scale,
        float(given.emission.threshold[unit]),
        float(whole.emission.threshold[unit] * whole.state_scale),
    )
    cause = next(cause for cause, holds in CAUSES.items() if holds(found))
    return Parting(step, sample, unit, cause, found.float_potential, found.integer_potential, found.threshold)


def float_before_reset(pair: Pair, population: FloatPopulation, step: int, sample: int, unit: int) -> float:
    """`(1 − decay_v) v + u + bias`."""
    cuba, states = population.integration, pair.given.states[population.name]
    assert isinstance(cuba, FloatCuba)
    start = population.initial.get("v", np.zeros(population.size))[unit]
    before = states["v"][step - 1, sample, unit] if step else start
    return float((1 - cuba.decay_v[unit]) * before + states["u"][step, sample, unit] + cuba.bias[unit])


def integer_before_reset(pair: Pair, population: Population, step: int, sample: int, unit: int) -> int:
    """`saturate(leak(v, decay_v) + u + bias)`."""
    cuba, states = population.integration, pair.got.states[population.name]
    assert isinstance(cuba, Cuba)
    start = population.initial.get("v", np.zeros(population.size, np.int64))[unit]
    before = np.int64(states["v"][step - 1, sample, unit] if step else start)
    leaked = leak(np.array([before]), int(cuba.decay_v[unit]))[0]
    value = int(leaked) + int(states["u"][step, sample, unit]) + int(cuba.bias[unit])
    return max(-STATE_MAX, min(STATE_MAX, value))


def wrapped(found: Evidence) -> bool:
    """u went round: the two are further apart than any rounding."""
    name = found.whole.name
    given, got = found.pair.given.states[name]["u"], found.pair.got.states[name]["u"] * found.whole.state_scale
    far = np.abs(given - got)[: found.step + 1, found.sample, found.unit]
    return bool((far > 2**22 * found.whole.state_scale).any())


def saturated(found: Evidence) -> bool:
    """v is at an end of its range."""
    return abs(found.integer_potential) >= STATE_MAX * found.whole.state_scale


def late_by_a_step(found: Evidence) -> bool:
    """Most of what differs in this population is gone once one of the two is moved by a step."""
    given, got = found.pair.spikes(found.whole.name)
    unlike = [np.count_nonzero(given != got), np.count_nonzero(given[1:] != got[:-1])]
    unlike.append(np.count_nonzero(given[:-1] != got[1:]))
    return bool(min(unlike[1:]) < MOVED * unlike[0])


def other_input(found: Evidence) -> bool:
    """What arrived was different already."""
    for way in found.pair.network.arriving(found.whole.name):
        given, got = found.pair.spikes(way.source)
        seen = slice(0, max(found.step - way.delay_steps + 1, 0))
        if (given[seen, found.sample] != got[seen, found.sample]).any():
            return True
    return False


def other_reset(found: Evidence) -> bool:
    """After a spike of both their potentials were apart, or both passed their thresholds and only one was free to."""
    given, got = found.both(found.pair.spikes(found.whole.name))
    before, after = found.both(found.pair.potentials(found.whole.name))
    together = (given[: found.step] > 0) & (got[: found.step] > 0)
    apart = np.abs(before - after)[: found.step] > RESET_APART * found.threshold
    passed = found.float_potential > found.threshold and found.integer_potential > found.integer_threshold
    return bool((together & apart).any()) or passed


def other_threshold(found: Evidence) -> bool:
    """Both potentials lie on the same side of the float threshold, so its rounding or strictness decided."""
    return (found.float_potential > found.threshold) is (found.integer_potential > found.threshold)


CAUSES: dict[str, Callable[[Evidence], bool]] = {
    "wrap": wrapped,
    "saturation": saturated,
    "one step of delay": late_by_a_step,
    "different input": other_input,
    "reset": other_reset,
    "threshold": other_threshold,
    "rounding": lambda found: True,
}
"""Causes in the order in which they are looked for."""
