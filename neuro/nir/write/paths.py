"""The weighted paths into each population of a graph: source, weight and delay.

A constant input of a population becomes the bias of one of these paths: of a matrix, or of a convolution if all units
of a channel share it. If there is neither, a leaky neuron has it in `v_leak`; for one without a leak, a path is written
as a matrix, which can have a bias.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce, singledispatch

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.arithmetic import Integers
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import Readout
from quantal.neuro.network.graph import FloatProjection, Graph
from quantal.neuro.nir.write.neurons import WrittenNeuron, simplest
from quantal.neuro.protocols import Floats, FloatWeight
from quantal.neuro.synapses import FloatConvolution, FloatDense, FloatDiagonal
from quantal.neuro.synapses.delays import longest, single_delays
from quantal.neuro.synapses.diagonal import as_diagonal
from quantal.neuro.synapses.sparse import from_matrix


@dataclass(frozen=True, eq=False)
class WeightedPath:
    """A projection, or an input, from the node `source`.

    `late_steps`, one for each unit of the source or one for all, come on top of the one step that every path takes.
    """

    name: str
    source: str
    target: str
    weight: FloatWeight
    late_steps: Integers | int = 0
    constant: Floats | None = None


def weighted_paths(graph: Graph, sample: str) -> Iterator[WeightedPath]:
    """Inputs, which start at the node `sample`, then projections; those that differ only in delay are merged."""
    for entry in graph.inputs:
        yield WeightedPath(entry.name, sample, entry.target, as_diagonal(entry.gain))
    pairs: dict[tuple[str, str], list[FloatProjection]] = {}
    for projection in (part for each in graph.projections for part in one_delay_each(each)):
        pairs.setdefault((projection.source, projection.target), []).append(projection)
    for projections in pairs.values():
        yield from merged(projections) or map(path_of, projections)


def one_delay_each(projection: FloatProjection) -> Iterator[FloatProjection]:
    """A projection, or one for each delay of its connections: in NIR a delay belongs to a unit, not a connection."""
    parts = single_delays(projection)
    for part in parts:
        name = projection.name if len(parts) == 1 else f"{projection.name} after {longest(part.delay_steps) - 1}"
        yield replace(part, name=name)


def path_of(projection: FloatProjection) -> WeightedPath:
    """A single projection."""
    ends = projection.source, projection.target
    return WeightedPath(projection.name, *ends, as_diagonal(projection.weight), longest(projection.delay_steps) - 1)


def merged(projections: list[FloatProjection]) -> list[WeightedPath]:
    """Projections between the same populations as one path with a delay per source unit; empty if a unit has two."""
    weights = [projection.weight for projection in projections]
    if len(projections) == 1 or any(isinstance(weight, FloatConvolution) for weight in weights):
        return []
    sends = np.array([sending_units(weight) for weight in weights])
    if sends.sum(axis=0).max() > 1:
        return []
    first, late = projections[0], [longest(projection.delay_steps) - 1 for projection in projections]
    names = {entry.name.removesuffix(f" after {steps}") for entry, steps in zip(projections, late, strict=True)}
    name = names.pop() if len(names) == 1 else first.name
    late_steps = np.array(late, np.int64) @ sends.astype(np.int64)
    return [
        WeightedPath(
            name,
            first.source,
            first.target,
            as_diagonal(reduce(lambda one, other: one.plus(other), weights)),
            late_steps,
        )
    ]


def sending_units(weight: FloatWeight) -> NDArray[np.bool_]:
    """Which source units have a weight that isn't 0, `(source units,)`."""
    found = np.zeros(weight.shape[1], bool)
    found[weight.to_matrix().nonzero()[1]] = True
    return found


def readout_weight(readout: Readout) -> FloatWeight:
    """The weight of a read-out, as a diagonal if everything else in it is 0."""
    weight = readout.weight
    return FloatDiagonal(np.diag(weight)) if is_diagonal(weight) else FloatDense(weight)


def is_diagonal(weight: Floats) -> bool:
    """Whether a matrix is square, and 0 off its diagonal."""
    return weight.ndim == 2 and weight.shape[0] == weight.shape[1] and not (weight - np.diag(np.diag(weight))).any()


def divided_by_gain(path: WeightedPath, neuron: WrittenNeuron) -> WeightedPath:
    """A path with its weight and constant divided by the gain of the node at which it ends."""
    if (neuron.gain == 1).all():
        return path
    constant = None if path.constant is None else path.constant / neuron.gain
    return replace(path, weight=path.weight.by_row(np.divide, neuron.gain), constant=constant)


def with_constants(
    paths: list[WeightedPath], neurons: Mapping[str, WrittenNeuron]
) -> tuple[list[WeightedPath], dict[str, WrittenNeuron]]:
    """Move the constants of neurons to the biases of paths, or else into the neurons' own parameters."""
    remaining = dict(neurons)
    for name, neuron in neurons.items():
        if carrier := path_for_constant(name, neuron, paths):
            paths = [with_bias(path, neuron.constant) if path is carrier else path for path in paths]
            remaining[name] = replace(neuron, constant=np.zeros_like(neuron.constant))
    return paths, {name: simplest(neuron) for name, neuron in remaining.items()}


def path_for_constant(name: str, neuron: WrittenNeuron, paths: list[WeightedPath]) -> WeightedPath | None:
    """The path that can carry a neuron's constant; None without a constant, or if the neuron itself can hold it."""
    if not neuron.constant.any():
        return None
    arriving = [path for path in paths if path.target == name]
    fitting = next((path for path in arriving if bias_fits(path.weight, neuron.constant)), None)
    if fitting is not None or neuron.leak is not None:
        return fitting
    if not arriving:
        raise QuantalError(
            "NIR can give these units a constant input only beside another input",
            where=f"population {name}",
            expected="a projection or an input that ends here",
            got="none",
        )
    return arriving[0]


def with_bias(path: WeightedPath, constant: Floats) -> WeightedPath:
    """A path with a bias; its weight becomes a matrix if its own node can't have that bias."""
    weight = path.weight if bias_fits(path.weight, constant) else from_matrix(path.weight.to_matrix())
    return replace(path, constant=constant, weight=weight)


@singledispatch
def bias_fits(weight: FloatWeight, constant: Floats) -> bool:
    """Whether the node of a weight can have this constant, `(target units,)`, as its bias; that of a matrix can."""
    return True


@bias_fits.register
def _(weight: FloatDiagonal, constant: Floats) -> bool:
    return False


@bias_fits.register
def _(weight: FloatConvolution, constant: Floats) -> bool:
    return weight.by_channel(constant) is not None
