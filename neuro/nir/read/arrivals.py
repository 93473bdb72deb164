"""What arrives at each unit: chains of linear nodes and delays become one matrix and one delay for each source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.errors import QuantalError
from quantal.neuro.nir.nir_graph import NirGraph, NirNode
from quantal.neuro.nir.primitives import convolutions
from quantal.neuro.nir.primitives import linear as maps
from quantal.neuro.nir.primitives.delays import delay_steps
from quantal.neuro.nir.primitives.neurons import DYNAMICS
from quantal.neuro.nir.primitives.primitive import MapRule, Shape
from quantal.neuro.nir.shapes import incoming_shape, node_of
from quantal.neuro.protocols import Floats
from quantal.neuro.synapses.composing import Identity, Map, added, chained, scaled
from quantal.neuro.synapses.forms import form_of

Path = tuple[str, int]
"""Where a signal starts, and how many steps the delays on its way make."""


@dataclass(frozen=True)
class Arrival:
    """`Σ weight · signal(t − steps) + constant`, the sum over `paths`.

    `names` tells the last linear map on each path; it is empty where there is none, or several beside each other.
    """

    constant: Floats
    paths: Mapping[Path, Map] = field(default_factory=dict[Path, Map])
    names: Mapping[Path, str] = field(default_factory=dict[Path, str])


def arrivals_of(graph: NirGraph, shapes: Mapping[str, Shape], dt_s: float) -> dict[str, Arrival]:
    """What arrives at every node that ends a path: units, and Outputs that lead nowhere else."""
    leaving = {name: start(name, shapes) for name in graph.nodes if starts_path(graph, name)}
    for name in passing_in_order(graph):
        node = node_of(graph, name)
        incoming = incoming_shape(graph, name, dict(shapes))
        arrival = summed((leaving[source] for source in graph.into(name)), incoming)
        leaving[name] = STEPS[node.kind](Passing(name, node, incoming, dt_s), arrival)
    ends = [name for name in graph.nodes if ends_path(graph, name)]
    return {
        name: summed((leaving[source] for source in graph.into(name)), incoming_shape(graph, name, dict(shapes)))
        for name in ends
    }


def starts_path(graph: NirGraph, name: str) -> bool:
    """Whether signals start here: units, and Inputs at which nothing arrives."""
    kind = node_of(graph, name).kind
    return kind in DYNAMICS or (kind == "Input" and not graph.into(name))


def ends_path(graph: NirGraph, name: str) -> bool:
    """Whether signals end here."""
    return node_of(graph, name).kind in {*DYNAMICS, "Output"}


def start(name: str, shapes: Mapping[str, Shape]) -> Arrival:
    """The signal of a node, as it leaves."""
    size = int(np.prod(shapes[name]))
    return Arrival(np.zeros(size), {(name, 0): Identity(size)}, {(name, 0): ""})


def summed(arrivals: Iterable[Arrival], shape: Shape) -> Arrival:
    """Edges that end at the same node add up."""
    constant = np.zeros(int(np.prod(shape)))
    paths: dict[Path, Map] = {}
    names: dict[Path, str] = {}
    for arrival in arrivals:
        constant = constant + arrival.constant
        for path, weight in arrival.paths.items():
            paths[path] = added(paths[path], weight) if path in paths else weight
            names[path] = arrival.names[path] if names.get(path) in (None, arrival.names[path]) else ""
    return Arrival(constant, paths, names)


def passing_in_order(graph: NirGraph) -> list[str]:
    """Nodes that pass signals on, each after those before it; an error names the nodes of a loop without a unit."""
    passing = [name for name in graph.nodes if not starts_path(graph, name)]
    passing = [name for name in passing if node_of(graph, name).kind not in DYNAMICS]
    before = {name: [source for source in graph.into(name) if source in passing] for name in passing}
    try:
        return [*TopologicalSorter(before).static_order()]
    except CycleError as error:
        loop = error.args[1]
    delayed = any(node_of(graph, name).kind == "Delay" for name in loop)
    raise QuantalError(
        "a loop of linear nodes with no unit on it" if delayed else "a loop with neither a unit nor a delay on it",
        where=f"NIR nodes {' → '.join(loop)}",
        expected="a unit with a state, such as LI, on every loop",
    )


@dataclass(frozen=True)
class Passing:
    """A node that passes signals on, the shape that arrives there, and the time step."""

    name: str
    node: NirNode
    incoming: Shape
    dt_s: float


def unchanged(passing: Passing, arrival: Arrival) -> Arrival:
    """Flatten, and the ends of inner graphs."""
    return arrival


def mapped(rule: MapRule) -> Callable[[Passing, Arrival], Arrival]:
    """A linear map after what was before it."""

    def step(passing: Passing, arrival: Arrival) -> Arrival:
        linear = rule(passing.node.parameters, passing.incoming)
        paths = {path: chained(linear.weight, weight) for path, weight in arrival.paths.items()}
        (before,) = form_of(linear.weight).apply(linear.weight, arrival.constant[None])
        return Arrival(before + linear.constant, paths, dict.fromkeys(paths, passing.name))

    return step


def delayed(passing: Passing, arrival: Arrival) -> Arrival:
    """Each distinct delay of units takes its rows of every path."""
    where = f"NIR node {passing.name}"
    steps = delay_steps(passing.node.parameters, passing.incoming, passing.dt_s, where)
    if arrival.constant.any() and steps.any():
        raise QuantalError(
            "a bias that comes late: it would have to start after the delay",
            where=where,
            expected="no bias before a delay",
            got=f"{np.abs(arrival.constant).max():g}",
            hint="put the bias behind the delay",
        )
    parts = [late_part(arrival, path, steps, int(step)) for path in arrival.paths for step in np.unique(steps)]
    return summed([Arrival(arrival.constant), *parts], passing.incoming)


def late_part(arrival: Arrival, path: Path, steps: NDArray[np.int64], step: int) -> Arrival:
    """What of a path comes so many steps later."""
    chosen, late = steps == step, (path[0], path[1] + step)
    weight = arrival.paths[path] if chosen.all() else scaled(chosen * 1.0, arrival.paths[path])
    return Arrival(np.zeros_like(arrival.constant), {late: weight}, {late: arrival.names[path]})


STEPS: dict[str, Callable[[Passing, Arrival], Arrival]] = {
    **{kind: mapped(rule) for kind, rule in {**maps.MAPS, **convolutions.MAPS}.items()},
    "Delay": delayed,
    "Flatten": unchanged,
    "Input": unchanged,
    "Output": unchanged,
}
"""Kind of node that passes signals on to what it does with them."""
