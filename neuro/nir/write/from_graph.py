"""A `Graph` as a NIR graph, at its time step: the inverse of `to_graph`. What NIR can't say is refused by name."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import Readout
from quantal.neuro.network.graph import Graph
from quantal.neuro.neurons import FloatSilent, FloatSpike
from quantal.neuro.nir.nir_graph import NirGraph
from quantal.neuro.nir.primitives.primitive import Shape
from quantal.neuro.nir.read.to_graph import checked_step
from quantal.neuro.nir.write.builder import Draft, draft_link
from quantal.neuro.nir.write.conventions import as_written, convention_of, told
from quantal.neuro.nir.write.image_shapes import shapes_out
from quantal.neuro.nir.write.links import Link, divided, links_of, readout_weight, with_constants
from quantal.neuro.nir.write.metadata import LOSSES
from quantal.neuro.nir.write.neuron_parameters import Unit, unit_of
from quantal.neuro.synapses import FloatDiagonal


def from_graph(graph: Graph, dt_s: float | None = None, in_metadata: tuple[str, ...] = ()) -> NirGraph:
    """The NIR graph of a float network whose step is `dt_s` seconds.

    Delays, time constants and resistances are those that `to_graph` takes back to the same network. `r` and `w_in` are
    those that `graph.provenance` tells under these names (one number, or one by population, in JSON), else they undo
    the leak: `r = 1 / decay`.

    Parameters
    ----------
    graph
        Units that spike or send their state, and links between them.
    dt_s
        What a step lasts, in seconds.
    in_metadata
        Names among `neuro.nir.write.metadata.LOSSES` of what NIR has no words for and other tools would run without;
        each of them is refused unless it is named here, and then noted in the metadata of its node.

    Raises
    ------
    QuantalError
        Names the population or projection, and what NIR can't say of it.
    """
    convention = convention_of(graph, checked_step(dt_s))
    refuse_unsent(graph)
    refuse_unknown(in_metadata)
    units = {population.name: unit_of(population, convention, in_metadata) for population in graph.populations}
    sample = next(name for name in sample_names(graph) if name not in units)
    links, units = with_constants([*links_of(graph, sample)], units)
    links = [divided(link, units[link.target]) for link in links]
    draft = Draft(matrices=graph.provenance.get("matrices", "Linear"))
    draft_units(draft, units, shapes_out(graph, links, sample), sample if graph.inputs else None)
    for link in links:
        draft_path(draft, link, convention.dt_s)
    draft_outputs(draft, graph)
    nodes = {name: as_written(graph, node) for name, node in draft.nodes.items()}
    metadata = {"name": graph.name, **told(graph), "dt_s": repr(convention.dt_s)}
    return NirGraph(nodes, tuple(draft.edges), metadata)


def sample_names(graph: Graph) -> list[str]:
    """Names for the node of the sample, the best first."""
    name = graph.provenance.get("input", "input")
    return [name, *(f"{name} {number}" for number in range(2, len(graph.populations) + 3))]


def refuse_unknown(in_metadata: tuple[str, ...]) -> None:
    """Refuse names of nothing."""
    for name in in_metadata:
        if name not in LOSSES:
            raise QuantalError("nothing that could be noted", where="in_metadata", expected=", ".join(LOSSES), got=name)


def refuse_unsent(graph: Graph) -> None:
    """Refuse whatever listens to units that send nothing: NIR's would send their potential."""
    silent = {population.name for population in graph.populations if isinstance(population.emission, FloatSilent)}
    for entry in (*graph.projections, *graph.readouts):
        if entry.source in silent:
            raise QuantalError(
                "starts at units that send nothing, which NIR can't say", where=entry.name, got=f"source {entry.source}"
            )


def draft_units(draft: Draft, units: Mapping[str, Unit], shapes: Mapping[str, Shape], sample: str | None) -> None:
    """A node for each population in its shape, and one for the sample if anything starts there."""
    for name, unit in units.items():
        parameters = {key: value.reshape(shapes[name]) for key, value in unit.parameters.items()}
        draft.add(name, unit.kind, shapes[name], parameters, unit.metadata)
    if sample is not None:
        draft.add(sample, "Input", shapes[sample], {"shape": shapes[sample]})


def draft_path(draft: Draft, link: Link, dt_s: float) -> None:
    """A Delay for the steps after the first, then the weights."""
    source = link.source
    if np.any(link.late_steps):
        shape = draft.shapes[source]
        late = np.broadcast_to(link.late_steps, (math.prod(shape),)).reshape(shape)
        source = draft.chain(source, draft.add(f"{link.name} delay", "Delay", shape, {"delay": late * dt_s}))
    draft.chain(draft_link(draft, link, source, draft.shapes[link.target]), link.target)


def draft_outputs(draft: Draft, graph: Graph) -> None:
    """An Output for each read-out, and for each population whose state is read."""
    for readout in graph.readouts:
        draft_readout(draft, graph, readout)
    silent = [population.name for population in graph.populations if isinstance(population.emission, FloatSilent)]
    for name in silent:
        alone = len(silent) == 1 and not graph.readouts
        shape = draft.shapes[name]
        draft.chain(name, draft.add("output" if alone else f"{name} output", "Output", shape, {"shape": shape}))


def draft_readout(draft: Draft, graph: Graph, readout: Readout) -> None:
    """An Output, behind the weights of the read-out unless spikes leave as they are."""
    weight, source = readout_weight(readout), readout.source
    alike = isinstance(weight, FloatDiagonal)
    last = source
    # Without a node between, an Output reads the state of what doesn't spike.
    if not (alike and (weight.weight == 1).all() and isinstance(graph.population(source).emission, FloatSpike)):
        link = Link(f"{readout.name} weight", source, readout.name, weight)
        last = draft_link(draft, link, source, draft.shapes[source] if alike else weight.shape[:1])
    shape = draft.shapes[last]
    draft.chain(last, draft.add(readout.name, "Output", shape, {"shape": shape}))
