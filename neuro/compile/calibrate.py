"""Calibrate the ranges of membrane potentials on samples, so that no bits are spent on values that never occur.

The range that v provably never leaves is often a thousand times the threshold, above all without a leak. If 24 bits
must cover all of it, few levels are left below the threshold. At the ends of the calibrated range v saturates.
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
"""Default factor by which v may exceed its largest value in the run."""


def calibrated(graph: Graph, samples: NDArray[np.floating], steps: int, margin: float = MARGIN) -> Graph:
    """The same graph with the ranges that these samples need, never wider than before.

    Only `FloatCuba` has a range to narrow. It still holds every u that can be reached by messages, and by input up to
    `margin` times that of the samples, because u wraps on overflow; and every v from which a spike is possible.

    Parameters
    ----------
    graph
        A graph whose ranges are wide enough not to affect the run.
    samples
        `(batch, features)`, the same at every step, or `(steps, batch, features)`.
    steps
        Length of the run.
    margin
        Factor by which v may exceed its largest value in the run.
    """
    drive = external_input(graph, samples)
    furthest = {population.name: 0.0 for population in graph.populations}
    for _, states in stepwise(graph, samples, steps, seed=0):
        for name, reached in states.items():
            furthest[name] = max(furthest[name], *(float(np.abs(value).max()) for value in reached.values()))
    made = (with_narrower_range(graph, p, drive, furthest[p.name], margin) for p in graph.populations)
    return replace(graph, populations=tuple(made))


def with_narrower_range(
    graph: Graph, population: FloatPopulation, drive: dict[str, Floats], furthest: float, margin: float
) -> FloatPopulation:
    """A population with the range that it needs, if it is a `FloatCuba`."""
    cuba = population.integration
    if not isinstance(cuba, FloatCuba):
        return population
    current = largest_current(graph, population, cuba, margin * np.abs(drive[population.name]).max(initial=0.0))
    threshold = np.max(getattr(population.emission, "threshold", 0.0))
    needed = max(margin * furthest, current + float(np.abs(cuba.bias).max() + threshold))
    bounds = {"lowest": max(cuba.lowest, -needed), "highest": min(cuba.highest, needed)}
    return replace(population, integration=replace(cuba, **bounds))


def largest_current(graph: Graph, population: FloatPopulation, cuba: FloatCuba, drive: float) -> float:
    """Largest absolute u for messages and external input up to `drive`; without a leak the end of its range."""
    arriving = np.full(population.size, drive)
    for projection in graph.arriving(population.name):
        source = graph.population(projection.source)
        bound = source.emission.message_bound(source.integration.lowest, source.integration.highest)
        arriving = arriving + bound * projection.weight.row_sizes()
    reached = np.divide(arriving, cuba.decay_u, out=np.full_like(arriving, np.inf), where=cuba.decay_u > 0)
    start = np.abs(population.initial.get("u", np.zeros(population.size)))
    return min(float((reached + start).max()), max(-cuba.lowest, cuba.highest))
