"""What the paths between two nodes are called: by the linear map that ends them, or by both ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from neuro.exchange.arrivals import Arrival

Ends = tuple[str, int, str]
"""Where a path starts, how many steps it takes besides its own, where it ends."""


def path_names(arrivals: Mapping[str, Arrival]) -> dict[Ends, str]:
    """A name for every path to these nodes; those between the same two nodes differ in their steps."""
    pairs: dict[tuple[str, str], set[str]] = {}
    for target, arrival in arrivals.items():
        for (source, _), name in arrival.names.items():
            pairs.setdefault((source, target), set()).add(name)
    uses = Counter(name for names in pairs.values() for name in names)
    shared = {ends: shared_name(*ends, names, uses) for ends, names in pairs.items()}
    steps_of = Counter((source, target) for target, arrival in arrivals.items() for source, _ in arrival.paths)
    return {
        (source, steps, target): after(shared[source, target], steps if steps_of[source, target] > 1 else 0)
        for target, arrival in arrivals.items()
        for source, steps in arrival.paths
    }


def shared_name(source: str, target: str, names: set[str], uses: Counter[str]) -> str:
    """The name of the last linear map between two nodes if it is so for no others, else one that tells both."""
    last = next(iter(names))
    return last if last and len(names) == 1 and uses[last] == 1 else between(source, target)


def between(source: str, target: str) -> str:
    """A name for all that goes from one node to another."""
    return f"{source} to {target}"


def after(name: str, steps: int) -> str:
    """A name for the part that comes so many steps later than in another one."""
    return f"{name} after {steps}" if steps else name
