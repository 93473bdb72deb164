"""Convert a `Graph` to a NIR graph, the inverse of `to_graph`. What NIR can't express is refused by name."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.arguments import require_noun
from quantal.neuro.network.count_network import Readout
from quantal.neuro.network.graph import Graph
from quantal.neuro.neurons import FloatSilent, FloatSpike
from quantal.neuro.nir.equivalent_forms import factors_of, other_provenance, with_precision_of_file
from quantal.neuro.nir.metadata import BEYOND_NIR
from quantal.neuro.nir.nir_graph import NirGraph
from quantal.neuro.nir.primitives.primitive import Shape
from quantal.neuro.nir.time_step import checked_step
from quantal.neuro.nir.write.builder import GraphBuilder, add_weight_nodes
from quantal.neuro.nir.write.image_shapes import node_shapes
from quantal.neuro.nir.write.neurons import WrittenNeuron, neuron_of
from quantal.neuro.nir.write.paths import WeightedPath, divided_by_gain, readout_weight, weighted_paths, with_constants
from quantal.neuro.synapses import FloatDiagonal


def from_graph(graph: Graph, dt_s: float | None = None, in_metadata: tuple[str, ...] = ()) -> NirGraph:
    """The NIR graph of a float network whose step is `dt_s` seconds.

    Delays, time constants and resistances are chosen so that `to_graph` returns the same network. `r` and `w_in` are
    those in `graph.provenance` (one number, or one by population, in JSON); without any, they cancel the leak:
    `r = 1 / decay`.

    Parameters
    ----------
    graph
        A network of units that spike or send their state.
    dt_s
        Time step in seconds.
    in_metadata
        Names from `neuro.nir.metadata.BEYOND_NIR`: properties that NIR's nodes can't hold and other tools would ignore.
        They are refused unless they are named here, and then noted in the metadata of the node.

    Raises
    ------
    QuantalError
        Names the population or projection, and what NIR can't express of it.
    """
    require_noun(graph, Graph)
    factors = factors_of(graph, checked_step(dt_s))
    refuse_unsent(graph)
    refuse_unknown(in_metadata)
    neurons = {population.name: neuron_of(population, factors, in_metadata) for population in graph.populations}
    sample = next(name for name in sample_names(graph) if name not in neurons)
    paths, neurons = with_constants([*weighted_paths(graph, sample)], neurons)
    paths = [divided_by_gain(path, neurons[path.target]) for path in paths]
    builder = GraphBuilder(matrices=graph.provenance.get("matrices", "Linear"))
    add_neurons(builder, neurons, node_shapes(graph, paths, sample), sample if graph.inputs else None)
    for path in paths:
        add_path(builder, path, factors.dt_s)
    add_outputs(builder, graph)
    nodes = {name: with_precision_of_file(graph, node) for name, node in builder.nodes.items()}
    metadata = {"name": graph.name, **other_provenance(graph), "dt_s": repr(factors.dt_s)}
    return NirGraph(nodes, tuple(builder.edges), metadata)


def sample_names(graph: Graph) -> list[str]:
    """Candidate names for the node of the sample, the preferred one first."""
    name = graph.provenance.get("input", "input")
    return [name, *(f"{name} {number}" for number in range(2, len(graph.populations) + 3))]


def refuse_unknown(in_metadata: tuple[str, ...]) -> None:
    """Refuse names that are not in `BEYOND_NIR`."""
    for name in in_metadata:
        if name not in BEYOND_NIR:
            known = ", ".join(BEYOND_NIR)
            raise QuantalError("nothing that can be noted", where="in_metadata", expected=known, got=name)


def refuse_unsent(graph: Graph) -> None:
    """Refuse projections and read-outs of units that send nothing: in NIR they would send their potential."""
    silent = {population.name for population in graph.populations if isinstance(population.emission, FloatSilent)}
    for entry in (*graph.projections, *graph.readouts):
        if entry.source in silent:
            raise QuantalError(
                "starts at units that send nothing, which NIR can't express",
                where=entry.name,
                got=f"source {entry.source}",
            )


def add_neurons(
    builder: GraphBuilder, neurons: Mapping[str, WrittenNeuron], shapes: Mapping[str, Shape], sample: str | None
) -> None:
    """Add a node for each population in its shape, and one for the sample if there are inputs."""
    for name, neuron in neurons.items():
        parameters = {key: value.reshape(shapes[name]) for key, value in neuron.parameters.items()}
        builder.add(name, neuron.kind, shapes[name], parameters, neuron.metadata)
    if sample is not None:
        builder.add(sample, "Input", shapes[sample], {"shape": shapes[sample]})


def add_path(builder: GraphBuilder, path: WeightedPath, dt_s: float) -> None:
    """Add a Delay for all steps beyond the first, then the weights."""
    source = path.source
    if np.any(path.late_steps):
        shape = builder.shapes[source]
        late = np.broadcast_to(path.late_steps, (math.prod(shape),)).reshape(shape)
        source = builder.chain(source, builder.add(f"{path.name} delay", "Delay", shape, {"delay": late * dt_s}))
    builder.chain(add_weight_nodes(builder, path, source, builder.shapes[path.target]), path.target)


def add_outputs(builder: GraphBuilder, graph: Graph) -> None:
    """Add an Output for each read-out, and for each population whose state is read."""
    for readout in graph.readouts:
        add_readout(builder, graph, readout)
    silent = [population.name for population in graph.populations if isinstance(population.emission, FloatSilent)]
    for name in silent:
        only_output = len(silent) == 1 and not graph.readouts
        output, shape = "output" if only_output else f"{name} output", builder.shapes[name]
        builder.chain(name, builder.add(output, "Output", shape, {"shape": shape}))


def add_readout(builder: GraphBuilder, graph: Graph, readout: Readout) -> None:
    """Add an Output, preceded by the weights of the read-out unless it reads the spikes unchanged."""
    weight, source = readout_weight(readout), readout.source
    unit_by_unit = isinstance(weight, FloatDiagonal)
    last = source
    # Directly after a neuron that doesn't spike, an Output would read its state.
    if not (unit_by_unit and (weight.weight == 1).all() and isinstance(graph.population(source).emission, FloatSpike)):
        path = WeightedPath(f"{readout.name} weight", source, readout.name, weight)
        last = add_weight_nodes(builder, path, source, builder.shapes[source] if unit_by_unit else weight.shape[:1])
    shape = builder.shapes[last]
    builder.chain(last, builder.add(readout.name, "Output", shape, {"shape": shape}))
