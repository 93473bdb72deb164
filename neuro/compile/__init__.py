"""From a float `Graph` to an integer `CountNetwork`, pass by pass.

Each pass returns a valid graph or network, so compilation can stop after any of them. Passes on graphs come first,
`lower` turns the graph into a network, and passes on networks follow. A new pass is a file and an entry below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce

from quantal.neuro.compile.inputs import inputs_on_chip
from quantal.neuro.compile.lower import lower
from quantal.neuro.compile.options import Note, Options, Report
from quantal.neuro.compile.prove import prove_ranges
from quantal.neuro.compile.scales import choose_scales
from quantal.neuro.compile.slices import split_weights
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.arguments import require_noun
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.graph import Graph

GraphPass = Callable[[Graph, Options, Report], Graph]
NetworkPass = Callable[[CountNetwork, Options, Report], CountNetwork]

GRAPH_PASSES: dict[str, GraphPass] = {"inputs": inputs_on_chip, "scales": choose_scales, "slices": split_weights}
NETWORK_PASSES: dict[str, NetworkPass] = {"prove": prove_ranges}
PASSES = (*GRAPH_PASSES, "lower", *NETWORK_PASSES)
"""Names of all passes, in order."""

__all__ = [
    "GRAPH_PASSES",
    "NETWORK_PASSES",
    "PASSES",
    "Note",
    "Options",
    "Report",
    "Stage",
    "compile_graph",
    "run_passes",
    "stages",
]


@dataclass(frozen=True, eq=False)
class Stage:
    """The result of one pass: a `Graph` before `lower`, a `CountNetwork` from there on."""

    pass_name: str
    made: Graph | CountNetwork


def compile_graph(graph: Graph, options: Options | None = None) -> tuple[CountNetwork, Report]:
    """The integer network of a graph, and a report of what each pass did."""
    require_noun(graph, Graph)
    report, chosen = Report(), options or Options()
    prepared = reduce(lambda made, apply: apply(made, chosen, report), GRAPH_PASSES.values(), graph)
    network = lower(prepared, chosen, report)
    return reduce(lambda made, apply: apply(made, chosen, report), NETWORK_PASSES.values(), network), report


def run_passes(graph: Graph, options: Options, last: str) -> tuple[Graph | CountNetwork, Report]:
    """The result of the pass `last`, and a report of the passes up to it."""
    if last not in PASSES:
        raise QuantalError("no such pass", where="compile", expected=f"one of {', '.join(PASSES)}", got=last)
    report = Report()
    return next(stage.made for stage in stages(graph, options, report) if stage.pass_name == last), report


def stages(graph: Graph, options: Options, report: Report) -> Iterator[Stage]:
    """Run every pass in turn and yield its result; each adds to `report`."""
    require_noun(graph, Graph)
    for name, apply in GRAPH_PASSES.items():
        graph = apply(graph, options, report)
        yield Stage(name, graph)
    network = lower(graph, options, report)
    yield Stage("lower", network)
    for name, check in NETWORK_PASSES.items():
        network = check(network, options, report)
        yield Stage(name, network)
