"""Names of the paths between two nodes: that of the last linear map on the path, or of both its ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from quantal.neuro.compile.importing.weighted_sums import WeightedSum

PathKey = tuple[str, int, str]
"""Source of a path, its total delay in steps, and its target."""


def path_names(inputs: Mapping[str, WeightedSum]) -> dict[PathKey, str]:
    """A unique name for every path to these nodes."""
    last = {
        (source, steps, target): name
        for target, arriving in inputs.items()
        for (source, steps), name in arriving.last_maps.items()
    }
    paths = Counter(last.values())
    pairs = Counter(name for name, _ in {(name, (path[0], path[2])) for path, name in last.items()})
    parallel = Counter((source, target) for source, _, target in last)
    return {path: path_name(path, name, paths, pairs, parallel[path[0], path[2]]) for path, name in last.items()}


def path_name(path: PathKey, last: str, paths: Counter[str], pairs: Counter[str], parallel: int) -> str:
    """The name of the last linear map if it ends no path between other nodes, else one that names both ends.

    Of several paths between the same two nodes, those with the same name also state their delay.
    """
    source, steps, target = path
    if last and paths[last] == 1:
        return last
    if last and pairs[last] == 1:
        return after_steps(last, steps)
    return after_steps(between(source, target), steps if parallel > 1 else 0)


def between(source: str, target: str) -> str:
    """A name for all paths from one node to another."""
    return f"{source} to {target}"


def after_steps(name: str, steps: int) -> str:
    """A name for the part that arrives `steps` later."""
    return f"{name} after {steps}" if steps else name
