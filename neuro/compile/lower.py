"""Pass `lower`: every float of a graph to its integer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quantal.neuro.compile.decays import decay_notes
from quantal.neuro.compile.importing.time_constants import NOTES
from quantal.neuro.compile.mantissa import fit, rounding_error
from quantal.neuro.compile.options import Options, Report
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Input, Population, Projection
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.neurons.limits import largest_size
from quantal.neuro.protocols import FloatWeight
from quantal.neuro.synapses.delays import Delays


def lower(graph: Graph, options: Options, report: Report) -> CountNetwork:
    """The integer network of a graph whose scales are chosen."""
    for note in graph.provenance.get(NOTES, "").splitlines():
        report.add("lower", graph.name, note)
    populations = {p.name: lowered_population(p, options, report) for p in graph.populations}
    projections = tuple(lowered_projection(graph, p, options, report) for p in graph.projections)
    return CountNetwork(
        name=graph.name,
        populations=tuple(populations.values()),
        projections=projections,
        inputs=tuple(lowered_input(graph, entry) for entry in graph.inputs),
        readouts=tuple(
            replace(entry, weight=entry.weight * populations[entry.source].message_scale) for entry in graph.readouts
        ),
        seed=graph.seed,
        sample_shape=graph.sample_shape,
        dialect=options.dialect,
        provenance={**graph.provenance, "compiled": repr(options), **range_of_samples(graph)},
    )


def range_of_samples(graph: Graph) -> dict[str, str]:
    """The range of samples as an entry of the provenance, none if it is not known."""
    known = graph.sample_range
    return {} if known is None else {"sample_range": f"{known.lowest!r} {known.highest!r}"}


def lowered_population(population: FloatPopulation, options: Options, report: Report) -> Population:
    """A population with states in multiples of its `state_scale`."""
    state_scale, message_scale = population.state_scale, population.message_scale
    if state_scale is None or message_scale is None:
        raise QuantalError(
            "no scales chosen yet", where=f"population {population.name}", hint="run the pass `scales` first"
        )
    integration = population.integration.quantise(state_scale)
    scales = dict.fromkeys(population.integration.states, state_scale)  # states of an emission are integers already
    initial = {
        name: np.rint(value / scales.get(name, 1)).astype(np.int64) for name, value in population.initial.items()
    }
    report.add("lower", population.name, f"state from {integration.lowest} to {integration.highest}")
    for note in decay_notes(population.integration, integration):
        report.add("lower", population.name, note)
    return Population(
        population.name,
        population.size,
        integration,
        population.emission.quantise(state_scale, message_scale, integration),
        {name: np.clip(value, integration.lowest, integration.highest) for name, value in initial.items()},
        state_scale,
        message_scale,
    )


def lowered_projection(graph: Graph, projection: FloatProjection, options: Options, report: Report) -> Projection:
    """A projection with mantissa and exponent."""
    mantissa = fit(graph, projection, options)
    error = rounding_error(projection.weight, mantissa.remainder(projection.weight))
    largest = largest_size(mantissa.values.values())
    report.add("lower", projection.name, f"exponent {mantissa.exponent}, mantissas up to {largest:.0f}, {error}")
    if mantissa.lost_bits:
        report.add("lower", projection.name, lost_precision(projection, mantissa.lost_bits, largest))
    return Projection(
        projection.name,
        projection.source,
        projection.target,
        mantissa.values.quantise(),
        lowered_delays(projection, mantissa.values),
        mantissa.exponent,
    )


def lowered_delays(projection: FloatProjection, values: FloatWeight) -> Delays:
    """The delays of the connections that are left: those whose mantissa is 0 are dropped."""
    delays = projection.delay_steps
    return delays[values.values() != 0] if isinstance(delays, np.ndarray) else delays


def lost_precision(projection: FloatProjection, bits: int, largest: float) -> str:
    """What it costs that no exponent may be below 0."""
    cost = f"the lowest {bits} bits of its weights are lost" if largest else "all its weights are rounded to 0"
    return f"would need exponent {-bits}, networks have 0 or more: {cost}; what else limits {projection.target} sets it"


def lowered_input(graph: Graph, entry: Input) -> Input:
    """An input whose gain is relative to the scale of its target's sum."""
    scale = graph.population(entry.target).sum_scale or 1.0
    return replace(entry, gain=entry.gain.mapped(lambda gain: gain / scale))
