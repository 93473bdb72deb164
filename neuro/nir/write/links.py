"""What arrives at each population of a graph, each as one link: where it starts, its weight, its delay.

A constant input of a population is the bias of one of its links: of a matrix, or of a convolution if all units of a
channel share theirs. Where there is neither, a leaky unit has it in `v_leak`, and for one without leak a link is
written as a matrix for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from quantal.neuro.arithmetic import Integers
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import Readout
from quantal.neuro.network.graph import FloatProjection, Graph
from quantal.neuro.nir.write.neuron_parameters import Unit, settled
from quantal.neuro.protocols import Floats
from quantal.neuro.synapses import FloatConvolution
from quantal.neuro.synapses.composing import added, dense, diagonal_of, matrix_of, sides_of
from quantal.neuro.synapses.forms import FloatWeight, Matrix


@dataclass(frozen=True, eq=False)
class Diagonal:
    """A matrix by which each unit has a source of its own, in order; `(units,)`."""

    scale: Floats


LinkWeight: TypeAlias = "Matrix | FloatConvolution | Diagonal"


@dataclass(frozen=True, eq=False)
class Link:
    """A projection, or an input, from the node `source`.

    `late_steps`, one for each unit of the source or one for all, come on top of the step that each takes.
    """

    name: str
    source: str
    target: str
    weight: LinkWeight
    late_steps: Integers | int = 0
    constant: Floats | None = None


def links_of(graph: Graph, sample: str) -> Iterator[Link]:
    """Inputs, which start at the node `sample`, then projections; those that differ in delay alone are one."""
    for entry in graph.inputs:
        yield Link(entry.name, sample, entry.target, weight_of(entry.gain))
    pairs: dict[tuple[str, str], list[FloatProjection]] = {}
    for projection in graph.projections:
        pairs.setdefault((projection.source, projection.target), []).append(projection)
    for projections in pairs.values():
        yield from joined(projections) or map(link_of, projections)


def link_of(projection: FloatProjection) -> Link:
    """A projection by itself."""
    ends = projection.source, projection.target
    return Link(projection.name, *ends, weight_of(projection.weight), projection.delay_steps - 1)


def joined(projections: list[FloatProjection]) -> list[Link]:
    """Projections between the same units as one link with a delay for each source unit, if none has two."""
    weights = [projection.weight for projection in projections]
    if len(projections) == 1 or any(isinstance(weight, FloatConvolution) for weight in weights):
        return []
    sends = np.array([sending(weight) for weight in weights])
    if sends.sum(axis=0).max() > 1:
        return []
    first, late = projections[0], [projection.delay_steps - 1 for projection in projections]
    names = {entry.name.removesuffix(f" after {steps}") for entry, steps in zip(projections, late, strict=True)}
    name = names.pop() if len(names) == 1 else first.name
    late_steps = np.array(late, np.int64) @ sends.astype(np.int64)
    return [Link(name, first.source, first.target, weight_of(reduce(added, weights)), late_steps)]


def sending(weight: FloatWeight) -> NDArray[np.bool_]:
    """Which source units have a weight other than 0, `(source units,)`."""
    found = np.zeros(sides_of(weight)[1], bool)
    found[matrix_of(weight).nonzero()[1]] = True
    return found


def weight_of(weight: Any) -> LinkWeight:
    """A weight, or the gains of an input, as it is or as its diagonal, if that is how it is stored."""
    if len(weight.shape) == 1:
        return Diagonal(weight)
    diagonal = diagonal_of(weight)
    return weight if diagonal is None else Diagonal(diagonal)


def readout_weight(readout: Readout) -> LinkWeight:
    """The weight of a read-out, which has no sparse form, as its diagonal if nothing else is in it."""
    return weight_of(csr_array(readout.weight) if is_diagonal(readout.weight) else readout.weight)


def is_diagonal(weight: Floats) -> bool:
    """Whether a matrix is square with nothing beside its diagonal."""
    return weight.ndim == 2 and weight.shape[0] == weight.shape[1] and not (weight - np.diag(np.diag(weight))).any()


def divided(link: Link, unit: Unit) -> Link:
    """A link to a node that takes everything `gain` times."""
    if (unit.gain == 1).all():
        return link
    constant = None if link.constant is None else link.constant / unit.gain
    return replace(link, weight=DIVIDED[type(link.weight)](link.weight, unit.gain), constant=constant)


def divided_sparse(weight: csr_array, gain: Floats) -> csr_array:
    """Rows of what is stored."""
    rows = np.repeat(gain, np.diff(weight.indptr))
    data = np.asarray(weight.data, np.float64) / rows
    return csr_array((data, weight.indices, weight.indptr), shape=weight.shape)


def divided_kernel(weight: FloatConvolution, gain: Floats) -> LinkWeight:
    """Channels of a kernel if the units of each share their gain, else rows of its matrix."""
    if not one_a_channel(weight, gain):
        return divided_sparse(csr_array(matrix_of(weight)), gain)
    by_channel = gain.reshape(len(weight.weight), -1)[:, :1, None, None]
    return replace(weight, weight=weight.weight / by_channel)


DIVIDED: dict[type, Callable[[Any, Floats], LinkWeight]] = {
    Diagonal: lambda weight, gain: Diagonal(weight.scale / gain),
    np.ndarray: lambda weight, gain: weight / gain[:, None],
    csr_array: divided_sparse,
    FloatConvolution: divided_kernel,
}
"""Form of a weight to the weight whose rows are a gain's part of it."""


def with_constants(links: list[Link], units: Mapping[str, Unit]) -> tuple[list[Link], dict[str, Unit]]:
    """Links that bring what has to arrive at every step, and units that need nothing any more."""
    left = dict(units)
    for name, unit in units.items():
        if host := host_of(name, unit, links):
            links = [hosting(link, unit.constant) if link is host else link for link in links]
            left[name] = replace(unit, constant=np.zeros_like(unit.constant))
    return links, {name: settled(unit) for name, unit in left.items()}


def host_of(name: str, unit: Unit, links: list[Link]) -> Link | None:
    """The link that brings a population's constant; None if there is no constant, or the unit itself can have it."""
    if not unit.constant.any():
        return None
    arriving = [link for link in links if link.target == name]
    free = next((link for link in arriving if HAS_ROOM[type(link.weight)](link.weight, unit.constant)), None)
    if free is not None or unit.leak is not None:
        return free
    if not arriving:
        raise QuantalError(
            "NIR can give these units a constant input only with another one",
            where=f"population {name}",
            expected="a projection or an input that ends here",
            got="none",
        )
    return arriving[0]


def hosting(link: Link, constant: Floats) -> Link:
    """A link with a bias, as a matrix if it has no room for it as it is."""
    room = HAS_ROOM[type(link.weight)](link.weight, constant)
    return replace(link, constant=constant, weight=link.weight if room else as_matrix(link.weight))


def one_a_channel(weight: FloatConvolution, constant: Floats) -> bool:
    """Whether units of a channel share their number, as the bias of a convolution has it."""
    by_channel = constant.reshape(len(weight.weight), -1)
    return bool((by_channel == by_channel[:, :1]).all())


HAS_ROOM: dict[type, Callable[[Any, Floats], bool]] = {
    Diagonal: lambda weight, constant: False,
    np.ndarray: lambda weight, constant: True,
    csr_array: lambda weight, constant: True,
    FloatConvolution: one_a_channel,
}
"""Form of a weight to whether its node has a bias that can be this constant."""


def as_matrix(weight: LinkWeight) -> Matrix:
    """The matrix that a weight stands for."""
    return csr_array(np.diag(weight.scale)) if isinstance(weight, Diagonal) else matrix_of(weight)


def full(weight: LinkWeight) -> Floats:
    """The same with its zeros."""
    return np.diag(weight.scale) if isinstance(weight, Diagonal) else dense(weight)


def sides(weight: LinkWeight) -> tuple[int, int]:
    """Number of target and of source units."""
    return (len(weight.scale), len(weight.scale)) if isinstance(weight, Diagonal) else sides_of(weight)
