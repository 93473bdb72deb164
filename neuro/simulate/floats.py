"""Run a `Graph` in floating point, the network before rounding."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.network.arguments import require_array, require_noun
from quantal.neuro.network.graph import FloatPopulation, Graph
from quantal.neuro.protocols import POTENTIAL, Floats, FloatState
from quantal.neuro.simulate.drive import apply_gain
from quantal.neuro.synapses.delays import longest, single_delays

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class FloatTrace:
    """Messages and states of a float run.

    Parameters
    ----------
    messages
        Population to `(steps, batch, units)`.
    states
        Population to state variable to `(steps, batch, units)`, after each step, for the requested populations.
    """

    messages: dict[str, Floats]
    states: dict[str, dict[str, Floats]]


def simulate(
    graph: Graph,
    samples: NDArray[np.floating],
    steps: int,
    record_from: int = 0,
    seed: int = 0,
    progress: Progress = lambda done, total: None,
) -> dict[str, Floats]:
    """Run a graph and return the messages of every population, `(steps − record_from, batch, units)`.

    A step is that of the integer network: sum, integrate, emit; a message emitted at t arrives at t + delay.

    Parameters
    ----------
    graph
        The float network.
    samples
        Raw samples, `(batch, features)`, the same at every step, or `(steps, batch, features)`.
    steps
        Number of steps.
    record_from
        First step that is recorded.
    seed
        Seed of the random draws.
    progress
        Called after each step with the number of steps done and the total.
    """
    return simulate_states(graph, samples, steps, (), record_from, seed, progress).messages


def simulate_states(
    graph: Graph,
    samples: NDArray[np.floating],
    steps: int,
    populations: Collection[str],
    record_from: int = 0,
    seed: int = 0,
    progress: Progress = lambda done, total: None,
) -> FloatTrace:
    """Run a graph as `simulate` does, and also return the states of the named populations."""
    require_noun(graph, Graph)
    require_array(samples, "samples", f"samples for graph {graph.name}")
    messages: dict[str, list[Floats]] = {p.name: [] for p in graph.populations}
    states: dict[str, list[FloatState]] = {name: [] for name in populations}
    for step, (sent, reached) in enumerate(stepwise(graph, samples, steps, seed)):
        if step >= record_from:
            for name, recorded in messages.items():
                recorded.append(sent[name])
            for name, recorded in states.items():
                recorded.append(reached[name])
        progress(step + 1, steps)
    batch = samples.shape[-2]
    return FloatTrace(
        {p.name: stacked(messages[p.name], batch, p.size) for p in graph.populations},
        {name: states_over_time(recorded, batch, graph.population(name)) for name, recorded in states.items()},
    )


def stepwise(
    graph: Graph, samples: NDArray[np.floating], steps: int, seed: int
) -> Iterator[tuple[dict[str, Floats], dict[str, FloatState]]]:
    """Yield the messages and states of all populations after each step."""
    generator = np.random.default_rng(seed)
    batch = samples.shape[-2]
    drive = external_input(graph, samples)
    states = {p.name: initial_state(p, batch) for p in graph.populations}
    sent = {p.name: deque([np.zeros((batch, p.size))] * longest_delay(graph, p.name)) for p in graph.populations}
    for step in range(steps):
        sums = {p.name: summed_input(graph, p, sent, drive[p.name], step) for p in graph.populations}
        for p in graph.populations:
            message, states[p.name] = population_step(p, states[p.name], sums[p.name], generator)
            sent[p.name].append(message)
            sent[p.name].popleft()
        yield {name: messages[-1] for name, messages in sent.items()}, dict(states)


def population_step(
    population: FloatPopulation, state: FloatState, a: Floats, generator: np.random.Generator
) -> tuple[Floats, FloatState]:
    """Message and state of one population after a step with input `a`: integrate, then emit."""
    integrated = population.integration.step(state, a)
    own = {name: state[name] for name in population.emission.states}
    message, own, v = population.emission.step(own, integrated[POTENTIAL], generator)
    return message, {**own, **integrated, POTENTIAL: v}


def states_over_time(recorded: list[FloatState], batch: int, population: FloatPopulation) -> dict[str, Floats]:
    """State variables of all recorded steps by name, each `(steps, batch, units)`."""
    return {name: stacked([state[name] for state in recorded], batch, population.size) for name in population.states}


def stacked(recorded: list[Floats], batch: int, size: int) -> Floats:
    """Values of any number of steps as one array `(steps, batch, units)`."""
    return np.array(recorded).reshape(len(recorded), batch, size)


def external_input(graph: Graph, samples: NDArray[np.floating]) -> dict[str, Floats]:
    """External input of each population, `(batch, units)` or `(steps, batch, units)`, as the samples are.

    It is zero for populations without an `Input`.
    """
    drive = {p.name: np.zeros((*samples.shape[:-1], p.size)) for p in graph.populations}
    for entry in graph.inputs:
        drive[entry.target] = drive[entry.target] + apply_gain(entry, samples)
    return drive


def summed_input(
    graph: Graph, population: FloatPopulation, sent: dict[str, deque[Floats]], drive: Floats, step: int
) -> Floats:
    """`a = Σ W m(t − delay) + external input`, `(batch, units)`."""
    a = drive[step] if drive.ndim == 3 else drive
    for projection in graph.arriving(population.name):
        for part in single_delays(projection):
            a = a + part.weight.apply(sent[projection.source][-longest(part.delay_steps)])
    return a


def initial_state(population: FloatPopulation, batch: int) -> FloatState:
    """State of every sample before the first step."""
    zero = np.zeros(population.size)
    return {name: np.tile(population.initial.get(name, zero), (batch, 1)) for name in population.states}


def longest_delay(graph: Graph, source: str) -> int:
    """Delay in steps of the slowest projection that starts at a population, at least 1."""
    return max((longest(p.delay_steps) for p in graph.projections if p.source == source), default=1)
