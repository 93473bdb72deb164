"""Pass `inputs`: samples enter as messages of an input population, through synapses like all others.

An input whose gain mixes features, as a matrix or a convolution does, would leave the synapses of the first layer to
the host. This pass turns the gain into a projection from a population that sends the sample itself: spikes and counts
as they are, analogue samples rounded to integers of a few bits. Each message arrives a step later than a current would,
so the units start a step earlier (`one_step_earlier`): at step t + 1 the network does what it would do at t.

A sum holds the product of message and weight, and a 24-bit membrane leaves few bits for it: in `Cuba` 18 with the sign,
which are shared by the largest weight, the largest message, and all the others that arrive with them. Samples get as
many bits as leave the weights at least as finely resolved as the samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, count

import numpy as np

from quantal.neuro.compile.earlier import one_step_earlier
from quantal.neuro.compile.options import Options, Report, largest_mantissa, weight_grid
from quantal.neuro.compile.scales import scales_in_turn
from quantal.neuro.network.count_network import CountNetwork, Input
from quantal.neuro.network.graph import MESSAGE_BITS, FloatPopulation, FloatProjection, Graph, SampleRange
from quantal.neuro.network.inputs import host_share, is_input_population, mixes_features
from quantal.neuro.neurons import FloatGraded, FloatMemoryless
from quantal.neuro.neurons.limits import largest_size


def inputs_on_chip(graph: Graph, options: Options, report: Report) -> Graph:
    """The same graph with its first layer's weights as synapses, if the options say so and its range is known."""
    if not any(mixes_features(entry) for entry in graph.inputs):
        report.add("inputs", graph.name, "all synapses are on the chip")
        return graph
    if options.input == "host" or graph.sample_range is None:
        unknown = "" if graph.sample_range else ", because the graph doesn't state its sample_range"
        report.add("inputs", graph.name, f"{host_share(graph):.1%} of all synapses stay on the host{unknown}")
        return graph
    resolution = resolution_of(graph, graph.sample_range, options)
    features = graph.inputs[0].gain.shape[-1]
    levels = round(graph.sample_range.largest / resolution)
    report.add("inputs", graph.name, f"{features} features arrive as messages of at most {levels}, a step later")
    return with_input_population(graph, graph.sample_range, resolution)


def with_inputs_of(network: CountNetwork, graph: Graph) -> Graph:
    """The graph with the input population of the network that was compiled from it, if that has one."""
    sources = [p for p in network.populations if is_input_population(network, p)]
    if not sources or not any(mixes_features(entry) for entry in graph.inputs):
        return graph
    limits, resolution = sources[0].integration, sources[0].message_scale
    known = graph.sample_range or SampleRange(limits.lowest * resolution, limits.highest * resolution)
    return with_input_population(graph, known, resolution)


def with_input_population(graph: Graph, samples: SampleRange, resolution: float) -> Graph:
    """The graph with a population that sends samples in multiples of `resolution` to the targets of all inputs."""
    first = graph.inputs[0]
    features = first.gain.shape[-1]
    name = unused("input", (population.name for population in graph.populations))
    integration = FloatMemoryless(np.zeros(features), samples.lowest, samples.highest, resolution)
    bits = max(MESSAGE_BITS[0], round(samples.largest / resolution).bit_length())
    return replace(
        graph,
        populations=(
            FloatPopulation(name, features, integration, FloatGraded(), message_bits=bits),
            *(one_step_earlier(population) for population in graph.populations),
        ),
        projections=(*first_projections(graph, name), *graph.projections),
        inputs=(Input(first.name, name, np.ones(features)),),
    )


def first_projections(graph: Graph, source: str) -> Iterator[FloatProjection]:
    """The gain of each input as a projection from the input population."""
    taken = [projection.name for projection in graph.projections]
    for entry in graph.inputs:
        name = unused(f"{source}->{entry.target}", taken)
        taken.append(name)
        yield FloatProjection(name, source, entry.target, entry.gain)


def unused(name: str, taken: Iterable[str]) -> str:
    """The name, with a number after it if it is taken."""
    known = {*taken}
    return next(each for each in chain([name], (f"{name} {number}" for number in count(2))) if each not in known)


def resolution_of(graph: Graph, samples: SampleRange, options: Options) -> float:
    """The part of a sample that a message of 1 stands for."""
    bits = options.input_bits
    if samples.step and samples.largest / samples.step < 2**bits:
        return samples.step
    trial = with_input_population(graph, samples, samples.largest / (2**bits - 1))
    return samples.largest / (2 ** min(bits, balanced_bits(trial, samples, options)) - 1)


def balanced_bits(trial: Graph, samples: SampleRange, options: Options) -> int:
    """Most bits of a sample that leave every weight after the input population at least as finely resolved."""
    state_scale, _ = scales_in_turn(trial, options, {})
    source, grid = trial.populations[0].name, weight_grid(options.weight_bits)
    bits = options.input_bits
    for projection in trial.projections:
        if projection.source != source:
            continue
        target = trial.population(projection.target)
        largest = largest_size(projection.weight.values()) * samples.largest
        # The largest sum of one weight in multiples of what 1 in a sum stands for; zero weights need nothing.
        product = largest / target.integration.sum_scale(state_scale[target.name])
        enough = largest_mantissa(options.weight_bits)
        while bits > 1 and 0 < product / (2**bits - 1) < min(enough, grid * (2**bits - 1)):
            bits -= 1
    return bits
