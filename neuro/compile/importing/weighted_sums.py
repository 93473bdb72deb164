"""Paths between units: chains of linear maps and delays become one weight and one delay for each source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.protocols import Floats, FloatWeight
from quantal.neuro.synapses.diagonal import chained, identity

Path = tuple[str, int]
"""Name of the source, and the steps that the delays on the way add up to."""


@dataclass(frozen=True, eq=False)
class LinearMap:
    """`y = weight x + constant`, with a weight `(targets, sources)` and a constant `(targets,)`."""

    weight: FloatWeight
    constant: Floats


@dataclass(frozen=True, eq=False)
class WeightedSum:
    """`Σ weight · signal(t − steps) + constant`, the sum over `weights`.

    Parameters
    ----------
    constant
        `(targets,)`.
    weights
        Path to its weight, `(targets, units of the source)`.
    last_maps
        Path to the name of the last linear map on it; empty where there is none, or several run in parallel.
    """

    constant: Floats
    weights: Mapping[Path, FloatWeight] = field(default_factory=dict[Path, FloatWeight])
    last_maps: Mapping[Path, str] = field(default_factory=dict[Path, str])


def signal(source: str, size: int) -> WeightedSum:
    """What a source sends, as it leaves."""
    return WeightedSum(np.zeros(size), {(source, 0): identity(size)}, {(source, 0): ""})


def total(sums: Iterable[WeightedSum], size: int) -> WeightedSum:
    """The sum of several; weights of the same path add up."""
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
    """A linear map of a weighted sum."""
    weights = {path: chained(linear.weight, weight) for path, weight in before.weights.items()}
    (constant,) = linear.weight.apply(before.constant[None])
    return WeightedSum(constant + linear.constant, weights, dict.fromkeys(weights, name))


def delayed(steps: Integers, before: WeightedSum) -> WeightedSum:
    """A weighted sum each of whose elements arrives later by its own number of steps, `(targets,)`.

    A path is split by delay: the elements that share one keep their rows of the weight. A constant has no time.
    """
    parts = [delayed_part(steps, int(step), path, before) for path in before.weights for step in np.unique(steps)]
    return total([WeightedSum(before.constant), *parts], len(steps))


def delayed_part(steps: Integers, step: int, path: Path, before: WeightedSum) -> WeightedSum:
    """The elements of one path that are delayed by `step`."""
    chosen, late = steps == step, (path[0], path[1] + step)
    whole = before.weights[path]
    weight = whole if chosen.all() else whole.by_row(np.multiply, chosen * 1.0)
    return WeightedSum(np.zeros_like(before.constant), {late: weight}, {late: before.last_maps[path]})
