"""Run a `Graph` in floating point: the network before any number was rounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neuro.coding import gained
from neuro.graph import FloatPopulation, Graph
from neuro.kinds.kind import Floats, FloatState

Progress = Callable[[int, int], None]


def simulate(
    graph: Graph,
    samples: NDArray[np.floating],
    steps: int,
    keep_from: int = 0,
    seed: int = 0,
    progress: Progress = lambda done, total: None,
) -> dict[str, Floats]:
    """Messages of every population, `(steps − keep_from, batch, units)`, for raw samples `(batch, features)`.

    The step is that of the integer network: sum, integrate, emit; what is emitted at t arrives at t + delay.
    """
    generator = np.random.default_rng(seed)
    batch = len(samples)
    drive = external_input(graph, samples)
    states = {p.name: initial_state(p, batch) for p in graph.populations}
    sent = {p.name: deque([np.zeros((batch, p.size))] * longest_delay(graph, p.name)) for p in graph.populations}
    kept: dict[str, list[Floats]] = {p.name: [] for p in graph.populations}
    for step in range(steps):
        sums = {p.name: summed_input(graph, p, sent, drive) for p in graph.populations}
        for p in graph.populations:
            integrated = {**states[p.name], **p.integration.step(states[p.name], sums[p.name])}
            message, states[p.name] = p.emission.step(integrated, generator)
            sent[p.name].append(message)
            sent[p.name].popleft()
            if step >= keep_from:
                kept[p.name].append(message)
        progress(step + 1, steps)
    return {p.name: np.array(kept[p.name]).reshape(len(kept[p.name]), batch, p.size) for p in graph.populations}


def external_input(graph: Graph, samples: NDArray[np.floating]) -> dict[str, Floats]:
    """What the samples add to each population's input, `(batch, units)`; nothing where no input ends."""
    drive = {p.name: np.zeros((len(samples), p.size)) for p in graph.populations}
    for entry in graph.inputs:
        drive[entry.target] = drive[entry.target] + gained(entry, samples)
    return drive


def summed_input(
    graph: Graph, population: FloatPopulation, sent: dict[str, deque[Floats]], drive: dict[str, Floats]
) -> Floats:
    """`a = Σ W m(t − delay) + external input`, `(batch, units)`."""
    a = drive[population.name]
    for projection in graph.arriving(population.name):
        a = a + sent[projection.source][-projection.delay_steps] @ projection.weight.T
    return a


def initial_state(population: FloatPopulation, batch: int) -> FloatState:
    """State of every sample before the first step."""
    zero = np.zeros(population.size)
    return {name: np.tile(population.initial.get(name, zero), (batch, 1)) for name in population.states}


def longest_delay(graph: Graph, source: str) -> int:
    """Delay in steps of the slowest projection that starts at a population, at least 1."""
    return max((p.delay_steps for p in graph.projections if p.source == source), default=1)
