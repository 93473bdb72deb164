"""Pass `slices`: split weights that need more bits than a mantissa has into a high and a low slice.

Each slice is a projection with its own exponent, and together they add up to the weight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from quantal.neuro.compile.mantissa import fit
from quantal.neuro.compile.options import Options, Report
from quantal.neuro.network.graph import FloatProjection, Graph


def split_weights(graph: Graph, options: Options, report: Report) -> Graph:
    """The same graph, each projection as `weight_slices` projections whose weights add up to it."""
    if options.weight_slices == 1:
        return graph
    projections = [part for projection in graph.projections for part in high_and_low(graph, projection, options)]
    report.add("slices", graph.name, f"{len(graph.projections)} weights in {len(projections)} slices")
    return replace(graph, projections=tuple(projections))


def high_and_low(graph: Graph, projection: FloatProjection, options: Options) -> Iterator[FloatProjection]:
    """The weight rounded to the mantissa's grid, and the remainder of the rounding."""
    mantissa = fit(graph, projection, options)
    yield replace(projection, name=f"{projection.name}/high", weight=mantissa.physical())
    yield replace(projection, name=f"{projection.name}/low", weight=mantissa.remainder(projection.weight))
