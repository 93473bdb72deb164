"""What the paths between two nodes are called: by the last linear map on them, or by both ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from quantal.neuro.nir.read.arrivals import Arrival

Ends = tuple[str, int, str]
"""Where a path starts, how many steps it takes besides its own, where it ends."""


def path_names(arrivals: Mapping[str, Arrival]) -> dict[Ends, str]:
    """A name for every path to these nodes, each another."""
    last = {
        (source, steps, target): name
        for target, arrival in arrivals.items()
        for (source, steps), name in arrival.names.items()
    }
    paths = Counter(last.values())
    pairs = Counter(name for name, _ in {(name, (ends[0], ends[2])) for ends, name in last.items()})
    beside = Counter((source, target) for source, _, target in last)
    return {ends: path_name(ends, name, paths, pairs, beside[ends[0], ends[2]]) for ends, name in last.items()}


def path_name(ends: Ends, last: str, paths: Counter[str], pairs: Counter[str], beside: int) -> str:
    """The name of the last linear map if it ends no path between other nodes, else one that tells both ends.

    Of several paths between the same two nodes, those with the same name tell their steps as well.
    """
    source, steps, target = ends
    if last and paths[last] == 1:
        return last
    if last and pairs[last] == 1:
        return after(last, steps)
    return after(between(source, target), steps if beside > 1 else 0)


def between(source: str, target: str) -> str:
    """A name for all that goes from one node to another."""
    return f"{source} to {target}"


def after(name: str, steps: int) -> str:
    """A name for the part that comes so many steps later than in another one."""
    return f"{name} after {steps}" if steps else name
