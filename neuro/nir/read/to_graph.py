"""Convert a NIR graph to a `Graph`: neurons become populations at a time step, everything between them projections.

What a unit sends at step t arrives at `t + 1 + d`, where d is the total delay of the Delay nodes on the path; external
input arrives without a delay. What a `Graph` can't express is refused with the name of the node.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError
from itertools import accumulate

import numpy as np

from quantal.neuro.arithmetic import DELAY_MAX
from quantal.neuro.compile.importing.layers import Layer, input_gain, population, projections
from quantal.neuro.compile.importing.leaky_units import LeakyUnits, with_constant_input
from quantal.neuro.compile.importing.ranges import Range, state_ranges
from quantal.neuro.compile.importing.time_constants import noted
from quantal.neuro.compile.importing.weighted_sums import WeightedSum
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import Input, Readout
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph, SampleRange
from quantal.neuro.neurons import FloatGraded, FloatSilent, FloatSpike
from quantal.neuro.nir.equivalent_forms import provenance_of
from quantal.neuro.nir.metadata import noted_dead_zone, noted_range, noted_scales, noted_spike, noted_start
from quantal.neuro.nir.nir_graph import NirGraph
from quantal.neuro.nir.path_names import PathKey, path_names
from quantal.neuro.nir.primitives.neurons import NEURONS, NeuronNode
from quantal.neuro.nir.primitives.primitive import Shape
from quantal.neuro.nir.read.node_inputs import is_source, node_inputs
from quantal.neuro.nir.shapes import incoming_shape, node_of, shapes_of
from quantal.neuro.nir.subgraphs import inlined
from quantal.neuro.nir.time_step import checked_step, time_constant_notes
from quantal.neuro.protocols import FloatEmission


@dataclass(frozen=True)
class Parts:
    """A NIR graph divided into layers and outputs, at a time step.

    Parameters
    ----------
    graph, shapes
        The graph with its inner graphs inlined, and the outgoing shape of each node.
    layers
        Neuron node to its units and their input.
    outputs
        Output of the whole graph to its input.
    """

    graph: NirGraph
    shapes: Mapping[str, Shape]
    layers: Mapping[str, Layer]
    outputs: Mapping[str, WeightedSum]

    @property
    def columns(self) -> dict[str, slice]:
        """Every Input, in the order of names, and its features among those of a sample."""
        names = [n for n in sorted(self.graph.nodes) if n not in self.layers and is_source(self.graph, n)]
        offsets = [*accumulate((math.prod(self.shapes[name]) for name in names), initial=0)]
        return {name: slice(*offsets[index : index + 2]) for index, name in enumerate(names)}


def to_graph(
    nir_graph: NirGraph,
    dt_s: float | None = None,
    input_bound: float = 1.0,
    name: str | None = None,
    sample_range: SampleRange | None = None,
) -> Graph:
    """The float network that a NIR graph describes, at a time step.

    Parameters
    ----------
    nir_graph
        A graph, as `read_nir` returns it.
    dt_s
        Time step in seconds, which a NIR graph does not hold; use the one that the model was trained with.
    input_bound
        Largest absolute external input; 1 for spikes. The ranges of states follow from it.
    name
        Name of the resulting graph; by default the one in the file's metadata, or `nir`.
    sample_range
        What external input can be, if that is known better than by its largest size.
    """
    step = checked_step(dt_s)
    parts = parts_of(nir_graph, step)
    samples = sample_range or SampleRange(-input_bound, input_bound)
    ranges = ranges_of(parts, samples)
    names = path_names({name: layer.input for name, layer in parts.layers.items()})
    shapes = [parts.shapes[entry] for entry in parts.columns]
    return Graph(
        name=str(nir_graph.metadata.get("name", "nir")) if name is None else name,
        populations=tuple(noted_population(parts, layer, ranges[key]) for key, layer in parts.layers.items()),
        projections=tuple(entry for layer in parts.layers.values() for entry in named_projections(parts, layer, names)),
        inputs=tuple(entry for layer in parts.layers.values() for entry in inputs(parts, layer, names)),
        readouts=tuple(entry for output in parts.outputs for entry in readouts(parts, output)),
        sample_shape=shapes[0] if len(shapes) == 1 else (sum(map(math.prod, shapes)),) if shapes else (),
        provenance=provenance_of(nir_graph, parts.graph, [*parts.columns], [*parts.layers])
        | {"dt_s": repr(step)}
        | noted(time_constant_notes(parts.graph, step)),
        sample_range=samples if shapes else None,
    )


def parts_of(nir_graph: NirGraph, dt_s: float) -> Parts:
    """Divide a graph into layers and outputs; a `QuantalError` if its shapes don't fit."""
    graph = inlined(nir_graph)
    shapes = shapes_of(graph)
    refuse_dead_ends(graph)
    arriving = node_inputs(graph, shapes, dt_s)
    neurons = [name for name in graph.nodes if node_of(graph, name).kind in NEURONS]
    outputs = {name: arriving[name] for name in arriving if name not in neurons and not graph.out_of(name)}
    layers: dict[str, Layer] = {}
    for name in neurons:
        units = with_constant_input(units_of(graph, name, shapes, dt_s), arriving[name].constant)
        sending = replace(units, emission=emission(graph, name, units.emission, outputs))
        layers[name] = Layer(name, sending, arriving[name])
    return Parts(graph, shapes, layers, outputs)


def refuse_dead_ends(graph: NirGraph) -> None:
    """Refuse linear nodes without a successor."""
    for name in graph.nodes:
        if node_of(graph, name).kind not in {*NEURONS, "Input", "Output"} and not graph.out_of(name):
            raise QuantalError(
                "leads nowhere", where=f"NIR node {name}", hint="connect it to an Output, or leave it out"
            )


def units_of(graph: NirGraph, name: str, shapes: Mapping[str, Shape], dt_s: float) -> LeakyUnits:
    """The units of a neuron node."""
    node = node_of(graph, name)
    return NEURONS[node.kind](
        NeuronNode(node.parameters, incoming_shape(graph, name, shapes), dt_s, f"NIR node {name}")
    )


def emission(graph: NirGraph, name: str, plain: FloatEmission, outputs: Mapping[str, WeightedSum]) -> FloatEmission:
    """The emission of a node, with what its metadata adds; `FloatSilent` if only Outputs read its state."""
    node = node_of(graph, name)
    if isinstance(plain, FloatSpike):
        return FloatSpike(plain.threshold, **noted_spike(node))
    only_read = all(target in outputs for target in graph.out_of(name))
    return FloatSilent() if only_read else FloatGraded(noted_dead_zone(node))


def ranges_of(parts: Parts, samples: SampleRange) -> dict[str, Range]:
    """Range of states of each layer: as noted in the metadata of its node, else as wide as states can go."""
    noted = {name: bounds for name in parts.layers if (bounds := noted_range(node_of(parts.graph, name)))}
    try:
        return state_ranges(parts.layers, (samples.lowest, samples.highest), noted)
    except CycleError as error:
        loop = dict.fromkeys(error.args[1])
    raise QuantalError(
        "neurons that send their potential around a loop have no bound",
        where=f"NIR nodes {', '.join(loop)}",
        expected="a neuron with a threshold on every loop",
    )


def noted_population(parts: Parts, layer: Layer, state_range: Range) -> FloatPopulation:
    """The population of a node, with the initial states and scales noted in its metadata."""
    node, plain = node_of(parts.graph, layer.name), population(layer, *state_range)
    initial = {**plain.initial, **noted_start(node)}
    nonzero = {state: value for state, value in initial.items() if value.any()}
    return replace(plain, initial=nonzero, **noted_scales(node))


def named_projections(parts: Parts, layer: Layer, names: Mapping[PathKey, str]) -> list[FloatProjection]:
    """The projections to a layer, from others and from itself."""
    for source, steps in layer.input.weights:
        if source in parts.layers:
            refuse_long_delay(source, layer.name, steps)

    def named(source: str, steps: int, target: str) -> str:
        return names[source, steps, target]

    return [*projections(layer, parts.layers, named)]


def refuse_long_delay(source: str, target: str, steps: int) -> None:
    """Refuse a delay that no projection can have; a projection itself takes one step."""
    if steps >= DELAY_MAX:
        raise QuantalError(
            "a delay longer than any projection's",
            where=f"NIR path {source} to {target}",
            expected=f"at most {DELAY_MAX - 1} steps",
            got=f"{steps} steps",
            hint="choose a longer time step",
        )


def inputs(parts: Parts, layer: Layer, names: Mapping[PathKey, str]) -> list[Input]:
    """The external inputs of a layer."""
    columns = parts.columns
    features = max((entry.stop for entry in columns.values()), default=0)
    found: list[Input] = []
    for (source, steps), weight in layer.input.weights.items():
        if source in columns:
            refuse_delayed_input(source, layer.name, steps)
            gained = weight.by_row(np.multiply, layer.units.gain)
            gain = input_gain(gained, columns[source], features, f"NIR path {source} to {layer.name}")
            found.append(Input(names[source, steps, layer.name], layer.name, gain))
    return found


def refuse_delayed_input(source: str, target: str, steps: int) -> None:
    """Refuse a delay between an Input and a layer: external input can't be delayed."""
    if steps:
        raise QuantalError(
            "external input through a delay",
            where=f"NIR path {source} to {target}",
            expected="a neuron before the delay",
            got=f"a delay of {steps} steps",
            hint="delay the samples instead",
        )


def readouts(parts: Parts, output: str) -> list[Readout]:
    """The read-out of an Output: a matrix for the population whose messages it reads."""
    arriving = parts.outputs[output]
    for source, steps in arriving.weights:
        if source in parts.columns or steps:
            raise QuantalError(
                "an Output that reads external input" if source in parts.columns else "an Output after a delay",
                where=f"NIR path {source} to {output}",
                expected="a neuron just before it, or linear nodes between",
            )
    if arriving.constant.any():
        raise QuantalError(
            "an Output that adds a bias",
            where=f"NIR node {output}",
            expected="a bias of 0 after the last neuron",
            got=f"{np.abs(arriving.constant).max():g}",
            hint="add it to what is read out",
        )
    if len(arriving.weights) > 1:
        raise QuantalError(
            "an Output that adds up the messages of several neurons",
            where=f"NIR node {output}",
            expected="one source",
            got=", ".join(source for source, _ in arriving.weights),
            hint="give each an Output of its own",
        )
    sending = [source for source, _ in arriving.weights if not is_silent(parts.layers[source])]
    return [Readout(output, source, arriving.weights[source, 0].to_dense()) for source in sending]


def is_silent(layer: Layer) -> bool:
    """Whether units send nothing, so that their state itself is read."""
    return isinstance(layer.units.emission, FloatSilent)
