"""Delays: one for all connections of a projection, or one for each connection of a sparse weight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

import numpy as np

from quantal.neuro.caching import cached_while_alive
from quantal.neuro.protocols import FloatWeight, Weight, whole
from quantal.neuro.synapses.sparse import FloatSparse, Sparse
from quantal.neuro.synapses.storage import Stored, are_whole

Delays: TypeAlias = "int | Stored"
"""Delay in steps of every connection, or of each in the order in which a `Sparse` or `FloatSparse` stores them."""

AnyWeight = TypeVar("AnyWeight", Weight, FloatWeight)
AnyProjection = TypeVar("AnyProjection", bound=Any)


def longest(delay_steps: Delays) -> int:
    """The longest delay; 1 without connections."""
    return int(np.max(delay_steps, initial=1))


def shortest(delay_steps: Delays) -> int:
    """The shortest delay; 1 without connections."""
    return int(np.min(delay_steps)) if np.size(delay_steps) else 1


def by_delay(weight: AnyWeight, delay_steps: Delays) -> Iterator[tuple[int, AnyWeight]]:
    """Each delay, shortest first, with the weight of the connections that have it."""
    if not isinstance(delay_steps, np.ndarray):
        yield delay_steps, weight
        return
    stored: Any = weight
    for delay in np.unique(delay_steps):
        yield int(delay), stored.part(delay_steps == delay)


def single_delays(projection: AnyProjection) -> tuple[AnyProjection, ...]:
    """The same connections as projections with one delay each, shortest first; itself if it has only one."""
    return split_by_delay(projection) if isinstance(projection.delay_steps, np.ndarray) else (projection,)


@cached_while_alive
def split_by_delay(projection: Any) -> tuple[Any, ...]:
    """One projection for each delay of the connections."""
    parts = by_delay(projection.weight, projection.delay_steps)
    return tuple(replace(projection, weight=weight, delay_steps=delay) for delay, weight in parts)


def delay_problems(delay_steps: Any, weight: Weight | FloatWeight, largest: int) -> Iterator[str]:
    """What is wrong with the delays of a legal weight."""
    if not isinstance(delay_steps, np.ndarray):
        yield from whole(delay_steps, "delay_steps", 1, largest)
        return
    if not isinstance(weight, Sparse | FloatSparse):
        yield f"delay_steps is an array, which only a sparse weight may have, not a {type(weight).__name__}"
        return
    count = weight.values().size
    if not are_whole(delay_steps) or delay_steps.shape != (count,):
        found = f"{delay_steps.dtype} {delay_steps.shape}"
        yield f"delay_steps is {found}, expected whole numbers ({count},), one for each connection"
    elif count and (delay_steps.min() < 1 or delay_steps.max() > largest):
        place = int(np.argmax((delay_steps < 1) | (delay_steps > largest)))
        yield f"delay_steps[{place}] is {delay_steps[place]}, expected 1 to {largest}"


def shown_delays(delay_steps: Delays) -> int | str:
    """A delay as it is shown: the number, or the shortest and the longest as text."""
    low, high = shortest(delay_steps), longest(delay_steps)
    return low if low == high else f"{low} to {high}"
