"""Paths between units: a chain of linear maps and delays becomes a single weight and a single delay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.protocols import Floats, FloatWeight
from quantal.neuro.synapses.diagonal import chained, identity

Path = tuple[str, int]
"""Name of the source, and the total delay along the path in steps."""


@dataclass(frozen=True, eq=False)
class LinearMap:
    """`y = weight x + constant`, with a weight `(targets, sources)` and a constant `(targets,)`."""

    weight: FloatWeight
    constant: Floats


@dataclass(frozen=True, eq=False)
class WeightedSum:
    """`Σ weight · signal(t − steps) + constant`, summed over `weights`.

    Parameters
    ----------
    constant
        `(targets,)`.
    weights
        Path to its weight, `(targets, units of the source)`.
    last_maps
        Path to the name of the last linear map on it; empty if there is none, or if several are in parallel.
    """

    constant: Floats
    weights: Mapping[Path, FloatWeight] = field(default_factory=dict[Path, FloatWeight])
    last_maps: Mapping[Path, str] = field(default_factory=dict[Path, str])


def signal(source: str, size: int) -> WeightedSum:
    """The signal of a source, unchanged."""
    return WeightedSum(np.zeros(size), {(source, 0): identity(size)}, {(source, 0): ""})


def total(sums: Iterable[WeightedSum], size: int) -> WeightedSum:
    """The sum of weighted sums; weights of the same path are added."""
    constant = np.zeros(size)
    weights: dict[Path, FloatWeight] = {}
    names: dict[Path, str] = {}
    for each in sums:
        constant = constant + each.constant
        for path, weight in each.weights.items():
            weights[path] = weights[path].plus(weight) if path in weights else weight
            names[path] = each.last_maps[path] if names.get(path) in (None, each.last_maps[path]) else ""
    return WeightedSum(constant, weights, names)


def mapped(linear: LinearMap, name: str, before: WeightedSum) -> WeightedSum:
    """Apply a linear map to a weighted sum."""
    weights = {path: chained(linear.weight, weight) for path, weight in before.weights.items()}
    (constant,) = linear.weight.apply(before.constant[None])
    return WeightedSum(constant + linear.constant, weights, dict.fromkeys(weights, name))


def delayed(steps: Integers, before: WeightedSum) -> WeightedSum:
    """Delay each element of a weighted sum by its own number of steps, `(targets,)`.

    A path is split by delay: the elements with the same delay keep their rows of the weight. A constant is not delayed.
    """
    parts = [delayed_part(steps, int(step), path, before) for path in before.weights for step in np.unique(steps)]
    return total([WeightedSum(before.constant), *parts], len(steps))


def delayed_part(steps: Integers, step: int, path: Path, before: WeightedSum) -> WeightedSum:
    """The elements of one path that are delayed by `step`."""
    chosen, late = steps == step, (path[0], path[1] + step)
    whole = before.weights[path]
    weight = whole if chosen.all() else whole.by_row(np.multiply, chosen * 1.0)
    return WeightedSum(np.zeros_like(before.constant), {late: weight}, {late: before.last_maps[path]})
