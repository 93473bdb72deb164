"""Ranges of membrane potentials as samples need them, so that integers spend their bits where v really is.

The range that v can never leave is often a thousand times the threshold, above all where nothing leaks. Integers of 24
bits that hold all of it leave few levels below the threshold. At the ends of the calibrated range v saturates.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.network.graph import FloatPopulation, Graph
from quantal.neuro.neurons import FloatCuba
from quantal.neuro.protocols import Floats
from quantal.neuro.simulate.floats import external_input, stepwise

MARGIN = 2.0
"""How many times as far as in the samples v may go."""


def calibrated(graph: Graph, samples: NDArray[np.floating], steps: int, margin: float = MARGIN) -> Graph:
    """The same graph with the ranges that samples need, never wider than before.

    Only `FloatCuba` has a range to narrow. It still holds every u that can be reached by messages, and by input up to
    `margin` times that of the samples, because u wraps where it overflows; and every v that a spike can start from.

    Parameters
    ----------
    graph
        Its ranges should be wide enough not to touch the run.
    samples
        `(batch, features)`, held for all steps, or `(steps, batch, features)`.
    steps
        Length of the run.
    margin
        How many times as far as in the run v may go.
    """
    drive = external_input(graph, samples)
    furthest = {population.name: 0.0 for population in graph.populations}
    for _, states in stepwise(graph, samples, steps, seed=0):
        for name, reached in states.items():
            furthest[name] = max(furthest[name], *(float(np.abs(value).max()) for value in reached.values()))
    made = (narrowed(graph, p, drive, furthest[p.name], margin) for p in graph.populations)
    return replace(graph, populations=tuple(made))


def narrowed(
    graph: Graph, population: FloatPopulation, drive: dict[str, Floats], furthest: float, margin: float
) -> FloatPopulation:
    """A population with a range for what it needs."""
    cuba = population.integration
    if not isinstance(cuba, FloatCuba):
        return population
    current = largest_current(graph, population, cuba, margin * np.abs(drive[population.name]).max(initial=0.0))
    threshold = np.max(getattr(population.emission, "threshold", 0.0))
    needed = max(margin * furthest, current + float(np.abs(cuba.bias).max() + threshold))
    ends = {"lowest": max(cuba.lowest, -needed), "highest": min(cuba.highest, needed)}
    return replace(population, integration=replace(cuba, **ends))


def largest_current(graph: Graph, population: FloatPopulation, cuba: FloatCuba, drive: float) -> float:
    """Largest size of u that messages and external input up to `drive` can make; the range where nothing leaks."""
    arriving = np.full(population.size, drive)
    for projection in graph.arriving(population.name):
        source = graph.population(projection.source)
        bound = source.emission.message_bound(source.integration.lowest, source.integration.highest)
        arriving = arriving + bound * projection.weight.row_sizes()
    reached = np.divide(arriving, cuba.decay_u, out=np.full_like(arriving, np.inf), where=cuba.decay_u > 0)
    start = np.abs(population.initial.get("u", np.zeros(population.size)))
    return min(float((reached + start).max()), max(-cuba.lowest, cuba.highest))
