"""A `Graph` as a NIR graph, at its time step: the inverse of `to_graph`. What NIR can't say is refused by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from neuro.errors import QuantalError
from neuro.exchange.nir_graph import NirGraph, NirNode
from neuro.exchange.to_graph import checked_step
from neuro.exchange.units_of import unit_of
from neuro.forms import FloatWeight, form_of
from neuro.graph import FloatProjection, Graph
from neuro.kinds import FloatSilent, FloatSpike
from neuro.kinds.kind import Floats
from neuro.linear import dense, matrix_of, sides_of
from neuro.network import Input, Readout

ENTRIES_MAX = 2**27
"""Most entries of a matrix; NIR has no sparse ones."""


@dataclass
class Draft:
    """Nodes and edges so far."""

    nodes: dict[str, NirNode] = field(default_factory=dict[str, NirNode])
    edges: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def add(self, name: str, kind: str, metadata: Mapping[str, Any] | None = None, **parameters: Any) -> str:
        """A node under its name, or under the first number behind it that is free."""
        free = next(n for n in (name, *(f"{name} {i}" for i in range(2, len(self.nodes) + 3))) if n not in self.nodes)
        self.nodes[free] = NirNode(kind, {k: np.asarray(v) for k, v in parameters.items()}, metadata or {})
        return free

    def chain(self, *names: str) -> None:
        """Edges from each to the next."""
        self.edges += pairwise(names)


def from_graph(graph: Graph, dt_s: float | None = None) -> NirGraph:
    """The NIR graph of a float network whose step is `dt_s` seconds.

    Delays, time constants and resistances are those that `to_graph` takes back to the same network.
    """
    step = checked_step(dt_s)
    draft = Draft()
    refuse_unsent(graph)
    constants: dict[str, Floats] = {}
    for population in graph.populations:
        unit = unit_of(population, step)
        draft.add(population.name, unit.kind, unit.metadata, **unit.parameters)
        constants[population.name] = unit.constant
    draft_inputs(draft, graph, constants)
    for projection in graph.projections:
        draft_projection(draft, projection, step, constants)
    for name, constant in constants.items():
        refuse_homeless(name, constant)
    draft_outputs(draft, graph)
    return NirGraph(draft.nodes, tuple(draft.edges), {"name": graph.name, **graph.provenance})


def refuse_unsent(graph: Graph) -> None:
    """Refuse whatever listens to units that send nothing: NIR's would send their potential."""
    silent = {population.name for population in graph.populations if isinstance(population.emission, FloatSilent)}
    for entry in (*graph.projections, *graph.readouts):
        if entry.source in silent:
            raise QuantalError(
                "starts at units that send nothing, which NIR can't say", where=entry.name, got=f"source {entry.source}"
            )


def refuse_homeless(name: str, constant: Floats) -> None:
    """Refuse a constant input where nothing arrives that could bring it."""
    if constant.any():
        raise QuantalError(
            "NIR can give these units a constant input only with another one",
            where=f"population {name}",
            expected="a projection or an input that ends here",
            got="none",
        )


def draft_inputs(draft: Draft, graph: Graph, constants: dict[str, Floats]) -> None:
    """One Input for the sample, and a link to each population that takes it."""
    if not graph.inputs:
        return
    features = graph.inputs[0].gain.shape[-1]
    shape = graph.sample_shape if math.prod(graph.sample_shape) == features else (features,)
    last = draft.add("input", "Input", shape=shape)
    if len(shape) > 1:
        flat = draft.add("flatten", "Flatten", start_dim=0, end_dim=-1, input_type=shape)
        draft.chain(last, flat)
        last = flat
    for entry in graph.inputs:
        gain = diagonal_or_whole(entry.gain)
        draft.chain(last, link(draft, entry, gain, taken(constants, entry.target)), entry.target)


def draft_projection(draft: Draft, projection: FloatProjection, dt_s: float, constants: dict[str, Floats]) -> None:
    """A delay for each step after the first, then the weights."""
    source, matrix = projection.source, form_of(projection.weight).matrix(projection.weight)
    if projection.delay_steps > 1:
        delay_s = np.full(sides_of(matrix)[1], (projection.delay_steps - 1) * dt_s)
        late = draft.add(f"{projection.name} delay", "Delay", delay=delay_s)
        draft.chain(source, late)
        source = late
    constant = taken(constants, projection.target)
    draft.chain(source, link(draft, projection, matrix, constant), projection.target)


def taken(constants: dict[str, Floats], target: str) -> Floats:
    """The constant input of a population, once: whatever arrives first brings it."""
    constant = constants[target]
    constants[target] = np.zeros_like(constant)
    return constant


def link(
    draft: Draft, entry: FloatProjection | Input | Readout, weight: FloatWeight, constant: Floats | None = None
) -> str:
    """A node with the weights of a projection, an input or a read-out."""
    if math.prod(sides_of(weight)) > ENTRIES_MAX:
        raise QuantalError(
            "a matrix too large for a file without sparse ones",
            where=entry.name,
            expected=f"at most {ENTRIES_MAX} entries",
            got=" × ".join(map(str, sides_of(weight))),
        )
    if constant is not None and constant.any():
        return draft.add(entry.name, "Affine", weight=dense(weight), bias=constant)
    if diagonal(weight):
        return draft.add(entry.name, "Scale", scale=np.asarray(matrix_of(weight).diagonal()))
    return draft.add(entry.name, "Linear", weight=dense(weight))


def diagonal_or_whole(weight: Any) -> FloatWeight:
    """One number a unit as a matrix, and any other weight as it is."""
    return np.diag(weight) if len(weight.shape) == 1 else weight


def diagonal(weight: FloatWeight) -> bool:
    """Whether each unit has a source of its own, in order."""
    rows, columns = matrix_of(weight).nonzero()
    return len({*sides_of(weight)}) == 1 and bool((rows == columns).all())


def draft_outputs(draft: Draft, graph: Graph) -> None:
    """An Output for each read-out, and for each population whose state is read."""
    for readout in graph.readouts:
        weight = dense(diagonal_or_whole(readout.weight))
        output = draft.add(readout.name, "Output", shape=weight.shape[:1])
        spikes = isinstance(graph.population(readout.source).emission, FloatSpike)
        if spikes and weight.shape[0] == weight.shape[1] and (weight == np.eye(len(weight))).all():
            draft.chain(readout.source, output)
        else:
            named = Readout(f"{readout.name} weight", readout.source, weight)
            draft.chain(readout.source, link(draft, named, weight), output)
    for population in graph.populations:
        if isinstance(population.emission, FloatSilent):
            draft.chain(population.name, draft.add(f"{population.name} output", "Output", shape=(population.size,)))
