"""Calibrate the ranges of membrane potentials on samples, so that no bits are spent on values that never occur.

The range that v provably never leaves is often a thousand times the threshold, especially without a leak. If 24 bits
have to cover all of it, few levels are left below the threshold. Beyond the calibrated range v saturates.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.network.graph import FloatPopulation, Graph, SampleRange
from quantal.neuro.neurons import FloatCuba
from quantal.neuro.protocols import Floats
from quantal.neuro.simulate.floats import external_input, stepwise

MARGIN = 2.0
"""Default ratio of the calibrated range to the largest v of the run."""


def calibrated(graph: Graph, samples: NDArray[np.floating], steps: int, margin: float = MARGIN) -> Graph:
    """The same graph with its ranges narrowed to what these samples need.

    Of the populations only the range of a `FloatCuba` is narrowed, and never widened. It still covers every u that
    messages and external input up to `margin` times that of the samples can cause, because u wraps on overflow, and
    every v that a unit can reach in the step of a spike. The range of samples becomes that of these, times `margin`
    unless they are spikes.

    Parameters
    ----------
    graph
        A graph whose ranges are wide enough not to affect the run.
    samples
        Raw samples, `(batch, features)`, the same at every step, or `(steps, batch, features)`.
    steps
        Number of steps to run.
    margin
        Ratio of the calibrated range to the largest v of the run.
    """
    drive = external_input(graph, samples)
    largest = {population.name: 0.0 for population in graph.populations}
    for _, states in stepwise(graph, samples, steps, seed=0):
        for name, state in states.items():
            largest[name] = max(largest[name], *(float(np.abs(value).max()) for value in state.values()))
    populations = (with_calibrated_range(graph, p, drive, largest[p.name], margin) for p in graph.populations)
    return replace(graph, populations=tuple(populations), sample_range=calibrated_samples(graph, samples, margin))


def calibrated_samples(graph: Graph, samples: NDArray[np.floating], margin: float) -> SampleRange | None:
    """The range of samples, narrowed to these; where only whole numbers occur, as spikes or counts."""
    known = graph.sample_range
    ends = min(0.0, float(samples.min(initial=0.0))), max(0.0, float(samples.max(initial=0.0)))
    whole = bool((samples == np.rint(samples)).all())
    lowest, highest = ends if whole and ends == (0.0, 1.0) else (margin * ends[0], margin * ends[1])
    if known is not None:
        lowest, highest = max(known.lowest, lowest), min(known.highest, highest)
    if lowest == highest or (known is not None and known.step):
        return known
    return SampleRange(lowest, highest, step=float(whole))


def with_calibrated_range(
    graph: Graph, population: FloatPopulation, drive: dict[str, Floats], largest: float, margin: float
) -> FloatPopulation:
    """A population with the range that it needs, if its integration is a `FloatCuba`."""
    cuba = population.integration
    if not isinstance(cuba, FloatCuba):
        return population
    current = largest_current(graph, population, cuba, margin * np.abs(drive[population.name]).max(initial=0.0))
    threshold = np.max(getattr(population.emission, "threshold", 0.0))
    needed = max(margin * largest, current + float(np.abs(cuba.bias).max() + threshold))
    bounds = {"lowest": max(cuba.lowest, -needed), "highest": min(cuba.highest, needed)}
    return replace(population, integration=replace(cuba, **bounds))


def largest_current(graph: Graph, population: FloatPopulation, cuba: FloatCuba, drive: float) -> float:
    """Largest absolute u for all messages and external input up to `drive`; without a leak, the bound of its range."""
    arriving = np.full(population.size, drive)
    for projection in graph.arriving(population.name):
        source = graph.population(projection.source)
        bound = source.emission.message_bound(source.integration.lowest, source.integration.highest)
        arriving = arriving + bound * projection.weight.row_sizes()
    steady = np.divide(arriving, cuba.decay_u, out=np.full_like(arriving, np.inf), where=cuba.decay_u > 0)
    start = np.abs(population.initial.get("u", np.zeros(population.size)))
    return min(float((steady + start).max()), max(-cuba.lowest, cuba.highest))
