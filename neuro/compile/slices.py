"""Pass `slices`: split weights that need more bits than a mantissa has into a high and a low slice.

Each slice is a projection with its own exponent, and together they add up to the weight.
"""

from __future__ import annotations

from dataclasses import replace

from quantal.neuro.compile.mantissa import fit, rounding_error
from quantal.neuro.compile.options import Options, Report
from quantal.neuro.network.graph import FloatProjection, Graph


def split_weights(graph: Graph, options: Options, report: Report) -> Graph:
    """The same graph, each projection as up to `weight_slices` projections whose weights add up to it."""
    if options.weight_slices == 1:
        return graph
    projections = [part for each in graph.projections for part in high_and_low(graph, each, options, report)]
    report.add("slices", graph.name, f"{len(graph.projections)} weights in {len(projections)} slices")
    return replace(graph, projections=tuple(projections))


def high_and_low(
    graph: Graph, projection: FloatProjection, options: Options, report: Report
) -> tuple[FloatProjection, ...]:
    """The weight rounded to the mantissa's grid, and the remainder of the rounding unless that is rounded to 0."""
    mantissa = fit(graph, projection, options)
    remainder = mantissa.remainder(projection.weight)
    low = replace(projection, name=f"{projection.name}/low", weight=remainder)
    second = fit(graph, low, options)
    if not second.values.values().any():
        error = rounding_error(projection.weight, remainder)
        report.add("slices", projection.name, f"one slice, because all of the second would be 0; {error}")
        return (projection,)
    error = rounding_error(projection.weight, second.remainder(remainder))
    report.add("slices", projection.name, f"two slices, together {error}")
    return replace(projection, name=f"{projection.name}/high", weight=mantissa.physical()), low
