"""From a float `Graph` to an integer `CountNetwork`, pass by pass.

A pass takes a valid noun and gives a valid noun, so any of them can be the last. Adding one is a file and a line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quantal.neuro.compile.lower import lower
from quantal.neuro.compile.options import Note, Options, Report
from quantal.neuro.compile.prove import prove_ranges
from quantal.neuro.compile.scales import choose_units
from quantal.neuro.compile.slices import split_weights
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.graph import Graph

PASSES: dict[str, Callable[[Any, Options, Report], Any]] = {
    "units": choose_units,
    "slices": split_weights,
    "lower": lower,
    "ranges": prove_ranges,
}

__all__ = ["PASSES", "Note", "Options", "Report", "compile_graph", "run_passes"]


def compile_graph(graph: Graph, options: Options | None = None) -> tuple[CountNetwork, Report]:
    """Run every pass; also return what each did."""
    return run_passes(graph, options or Options(), last=[*PASSES][-1])


def run_passes(graph: Graph, options: Options, last: str) -> tuple[Any, Report]:
    """Run the passes up to and with `last`: a `Graph` before `lower`, a `CountNetwork` from there on."""
    if last not in PASSES:
        raise QuantalError("no such pass", where="compile", expected=f"one of {', '.join(PASSES)}", got=last)
    report = Report()
    noun: Any = graph
    for name, apply in PASSES.items():
        noun = apply(noun, options, report)
        if name == last:
            break
    return noun, report
