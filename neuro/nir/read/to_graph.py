"""A NIR graph as a `Graph`: its units become populations at a time step, everything between them projections.

What a unit sends at step t arrives at `t + 1 + d`, where d are the steps of the Delay nodes on the way; external input
arrives in its own step. What a `Graph` can't say is refused with the name of the node.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from quantal.neuro.arithmetic import DELAY_MAX
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import Input, Readout
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.neurons import FloatCuba, FloatGraded, FloatSilent, FloatSpike
from quantal.neuro.nir.nir_graph import NirGraph
from quantal.neuro.nir.primitives.neurons import DYNAMICS, Dynamics, Units, with_constant
from quantal.neuro.nir.primitives.primitive import Shape
from quantal.neuro.nir.read.arrivals import Arrival, arrivals_of, starts_path
from quantal.neuro.nir.read.bounds import in_turn, range_of
from quantal.neuro.nir.read.names import path_names
from quantal.neuro.nir.shapes import incoming_shape, node_of, shapes_of
from quantal.neuro.nir.subgraphs import inlined
from quantal.neuro.nir.write.conventions import provenance_of
from quantal.neuro.nir.write.metadata import noted_dead_zone, noted_range, noted_spike, noted_start, noted_units
from quantal.neuro.protocols import FloatEmission, Floats
from quantal.neuro.synapses import FloatConvolution
from quantal.neuro.synapses.composing import Map, dense, diagonal_of, scaled
from quantal.neuro.synapses.forms import row_sizes

GAINS_MAX = 2**27
"""Most entries of an input's gains, which have no sparse form."""


@dataclass(frozen=True)
class Parts:
    """What a NIR graph comes to at a time step."""

    graph: NirGraph
    shapes: Mapping[str, Shape]
    arrivals: Mapping[str, Arrival]
    dynamics: Mapping[str, Dynamics]
    names: Mapping[tuple[str, int, str], str]

    @property
    def inputs(self) -> dict[str, slice]:
        """Every Input and its features among those of a sample, in the order of names."""
        names = [n for n in sorted(self.graph.nodes) if n not in self.dynamics and starts_path(self.graph, n)]
        ends = [*accumulate((self.size(name) for name in names), initial=0)]
        return {name: slice(*ends[index : index + 2]) for index, name in enumerate(names)}

    @property
    def outputs(self) -> list[str]:
        """Every Output of the whole graph."""
        return [name for name in self.arrivals if name not in self.dynamics and not self.graph.out_of(name)]

    def size(self, name: str) -> int:
        """Number of units of a node."""
        return int(np.prod(self.shapes[name]))


def to_graph(
    nir_graph: NirGraph, dt_s: float | None = None, input_bound: float = 1.0, name: str | None = None
) -> Graph:
    """The float network that a NIR graph describes, at a time step.

    Parameters
    ----------
    nir_graph
        As `read_nir` gives it.
    dt_s
        Time step in seconds. A NIR graph does not hold it; it should be the one that the model was trained with.
    input_bound
        Largest size of an external input; 1 for spikes. The ranges of states follow from it.
    name
        Of the graph that is made; where left out, the one among the file's metadata, or `nir`.
    """
    step = checked_step(dt_s)
    parts = parts_of(nir_graph, step)
    ranges = ranges_of(parts, input_bound)
    shapes = [parts.shapes[entry] for entry in parts.inputs]
    return Graph(
        name=str(nir_graph.metadata.get("name", "nir")) if name is None else name,
        populations=tuple(population(parts, entry, ranges[entry]) for entry in parts.dynamics),
        projections=tuple(entry for target in parts.dynamics for entry in projections(parts, target)),
        inputs=tuple(entry for target in parts.dynamics for entry in inputs(parts, target)),
        readouts=tuple(entry for output in parts.outputs for entry in readouts(parts, output)),
        sample_shape=shapes[0] if len(shapes) == 1 else (sum(map(math.prod, shapes)),) if shapes else (),
        provenance=provenance_of(nir_graph, parts.graph, [*parts.inputs], [*parts.dynamics]) | {"dt_s": repr(step)},
    )


def checked_step(dt_s: float | None) -> float:
    """The time step, which there is no default for."""
    if dt_s is None or not (dt_s > 0 and np.isfinite(dt_s)):
        raise QuantalError(
            "a NIR graph says nothing of its time step",
            where="time step dt",
            expected="seconds, more than 0",
            got="none" if dt_s is None else repr(dt_s),
            hint="give the one that the model was trained with",
        )
    return float(dt_s)


def parts_of(nir_graph: NirGraph, dt_s: float) -> Parts:
    """Paths and dynamics of a graph whose shapes fit."""
    graph = inlined(nir_graph)
    shapes = shapes_of(graph)
    for name in graph.nodes:
        if node_of(graph, name).kind not in {*DYNAMICS, "Input", "Output"} and not graph.out_of(name):
            raise QuantalError(
                "leads nowhere", where=f"NIR node {name}", hint="connect it to an Output, or leave it out"
            )
    dynamics = {name: dynamics_of(graph, name, shapes, dt_s) for name in graph.nodes if is_unit(graph, name)}
    arrivals = arrivals_of(graph, shapes, dt_s)
    moved = {name: with_constant(units, arrivals[name].constant) for name, units in dynamics.items()}
    return Parts(graph, shapes, arrivals, moved, path_names({name: arrivals[name] for name in dynamics}))


def is_unit(graph: NirGraph, name: str) -> bool:
    """Whether a node becomes a population."""
    return node_of(graph, name).kind in DYNAMICS


def dynamics_of(graph: NirGraph, name: str, shapes: dict[str, Shape], dt_s: float) -> Dynamics:
    """The numbers of a node's units."""
    node = node_of(graph, name)
    units = Units(node.parameters, incoming_shape(graph, name, shapes), dt_s, f"NIR node {name}")
    return DYNAMICS[node.kind](units)


def ranges_of(parts: Parts, input_bound: float) -> dict[str, tuple[float, float]]:
    """Lowest and highest state of each population."""
    noted = {name: ends for name in parts.dynamics if (ends := noted_range(node_of(parts.graph, name)))}
    graded = {name for name, dynamics in parts.dynamics.items() if dynamics.threshold is None}
    sources = {
        name: {source for source, _ in parts.arrivals[name].paths if source in graded - noted.keys()}
        for name in parts.dynamics
    }
    message = {**dict.fromkeys(parts.dynamics, 1.0), **dict.fromkeys(parts.inputs, input_bound)}
    message |= {name: max(-ends[0], ends[1]) for name, ends in noted.items() if name in graded}
    ranges: dict[str, tuple[float, float]] = {}
    for name in in_turn(sources):
        dynamics, paths = parts.dynamics[name], parts.arrivals[name].paths
        sizes = [row_sizes(scaled(dynamics.gain, weight)) * message[source] for (source, _), weight in paths.items()]
        highest = range_of(dynamics, sum(sizes, np.zeros(parts.size(name))))
        ranges[name] = noted.get(name, (-highest, highest))
        if name in graded:
            message[name] = max(-ranges[name][0], ranges[name][1])
    return ranges


def population(parts: Parts, name: str, ends: tuple[float, float]) -> FloatPopulation:
    """The units of a node."""
    dynamics = parts.dynamics[name]
    integration = FloatCuba(dynamics.bias, dynamics.decay_u, dynamics.decay_v, *ends)
    node = node_of(parts.graph, name)
    initial = {"u": np.asarray(dynamics.start_u), "v": dynamics.start_v, **noted_start(node)}
    initial = {state: value for state, value in initial.items() if value.any()}
    return FloatPopulation(name, parts.size(name), integration, emission(parts, name), initial, **noted_units(node))


def emission(parts: Parts, name: str) -> FloatEmission:
    """Spikes where there is a threshold; else v, or nothing where v itself is what an Output reads."""
    node, threshold = node_of(parts.graph, name), parts.dynamics[name].threshold
    if threshold is not None:
        return FloatSpike(threshold, **noted_spike(node))
    only_read = all(target in parts.outputs for target in parts.graph.out_of(name))
    return FloatSilent() if only_read else FloatGraded(noted_dead_zone(node))


def projections(parts: Parts, target: str) -> list[FloatProjection]:
    """What arrives from other units, and the unit itself."""
    paths = parts.arrivals[target].paths.items()
    return [
        FloatProjection(
            parts.names[source, steps, target],
            source,
            target,
            scaled(parts.dynamics[target].gain, weight),
            checked_delay(1 + steps, source, target),
        )
        for (source, steps), weight in paths
        if source in parts.dynamics
    ]


def checked_delay(steps: int, source: str, target: str) -> int:
    """A delay that a projection can have."""
    if steps > DELAY_MAX:
        raise QuantalError(
            "a delay longer than any projection's",
            where=f"NIR path {source} to {target}",
            expected=f"at most {DELAY_MAX - 1} steps",
            got=f"{steps - 1} steps",
            hint="choose a longer time step",
        )
    return steps


def inputs(parts: Parts, target: str) -> list[Input]:
    """What arrives from outside."""
    made: list[Input] = []
    for (source, steps), weight in parts.arrivals[target].paths.items():
        if source in parts.inputs:
            refuse_late(source, target, steps)
            made.append(Input(parts.names[source, steps, target], target, gains(parts, source, target, weight)))
    return made


def refuse_late(source: str, target: str, steps: int) -> None:
    """Refuse what a sample can't do: arrive late, or at an Output without any unit between."""
    if steps:
        raise QuantalError(
            "external input through a delay",
            where=f"NIR path {source} to {target}",
            expected="a unit before the delay",
            got=f"a delay of {steps} steps",
            hint="delay the samples instead",
        )


def gains(parts: Parts, source: str, target: str, weight: Map) -> Floats | FloatConvolution:
    """`(units, features)` with a column for each feature of the whole sample, `(units,)`, or a convolution of it."""
    gained = scaled(parts.dynamics[target].gain, weight)
    if len(parts.inputs) == 1 and isinstance(gained, FloatConvolution):
        return gained
    if len(parts.inputs) == 1 and (diagonal := diagonal_of(gained)) is not None:
        return diagonal
    features = max(columns.stop for columns in parts.inputs.values())
    if parts.size(target) * features > GAINS_MAX:
        raise QuantalError(
            "too many gains for an external input",
            where=f"NIR path {source} to {target}",
            expected=f"at most {GAINS_MAX}",
            got=f"{parts.size(target)} × {features}",
        )
    full = np.zeros((parts.size(target), features))
    full[:, parts.inputs[source]] = dense(gained)
    return full


def readouts(parts: Parts, output: str) -> list[Readout]:
    """What leaves through an Output, as a matrix for each population that it reads messages of."""
    arrival = parts.arrivals[output]
    for source, steps in arrival.paths:
        if source in parts.inputs or steps:
            raise QuantalError(
                "an Output that reads external input" if source in parts.inputs else "an Output behind a delay",
                where=f"NIR path {source} to {output}",
                expected="a unit just before it, or linear nodes between",
            )
    if arrival.constant.any():
        raise QuantalError(
            "an Output that adds a bias",
            where=f"NIR node {output}",
            expected="a bias of 0 after the last unit",
            got=f"{np.abs(arrival.constant).max():g}",
            hint="add it to what is read out",
        )
    if len(arrival.paths) > 1:
        raise QuantalError(
            "an Output that adds up several units' messages",
            where=f"NIR node {output}",
            expected="one source",
            got=", ".join(source for source, _ in arrival.paths),
            hint="give each an Output of its own",
        )
    heard = [source for source, _ in arrival.paths if not isinstance(emission(parts, source), FloatSilent)]
    return [Readout(output, source, dense(arrival.paths[source, 0])) for source in heard]
