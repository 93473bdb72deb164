"""Names of the paths between two nodes: that of the last linear map on each, or of both ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from quantal.neuro.compile.importing.weighted_sums import WeightedSum

PathEnds = tuple[str, int, str]
"""Where a path starts, how many steps its delays add up to, where it ends."""


def path_names(inputs: Mapping[str, WeightedSum]) -> dict[PathEnds, str]:
    """A name of its own for every path to these nodes."""
    last = {
        (source, steps, target): name
        for target, arriving in inputs.items()
        for (source, steps), name in arriving.last_maps.items()
    }
    paths = Counter(last.values())
    pairs = Counter(name for name, _ in {(name, (ends[0], ends[2])) for ends, name in last.items()})
    parallel = Counter((source, target) for source, _, target in last)
    return {ends: path_name(ends, name, paths, pairs, parallel[ends[0], ends[2]]) for ends, name in last.items()}


def path_name(ends: PathEnds, last: str, paths: Counter[str], pairs: Counter[str], parallel: int) -> str:
    """The name of the last linear map if it ends no path between other nodes, else one that names both ends.

    Of several paths between the same two nodes, those with the same name state their steps as well.
    """
    source, steps, target = ends
    if last and paths[last] == 1:
        return last
    if last and pairs[last] == 1:
        return after_steps(last, steps)
    return after_steps(between(source, target), steps if parallel > 1 else 0)


def between(source: str, target: str) -> str:
    """A name for everything that goes from one node to another."""
    return f"{source} to {target}"


def after_steps(name: str, steps: int) -> str:
    """A name for the part that arrives `steps` later than the rest."""
    return f"{name} after {steps}" if steps else name
