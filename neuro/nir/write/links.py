"""What arrives at each population of a graph, each as one link: where it starts, its weight, its delay.

A constant input of a population is the bias of one of its links: of a matrix, or of a convolution if all units of a
channel share theirs. Where there is neither, a leaky unit has it in `v_leak`, and for one without leak a link is
written as a matrix for it.
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
from quantal.neuro.nir.write.neuron_parameters import Unit, settled
from quantal.neuro.protocols import Floats, FloatWeight
from quantal.neuro.synapses import FloatConvolution, FloatDense, FloatDiagonal
from quantal.neuro.synapses.diagonal import as_diagonal
from quantal.neuro.synapses.sparse import of_matrix


@dataclass(frozen=True, eq=False)
class Link:
    """A projection, or an input, from the node `source`.

    `late_steps`, one for each unit of the source or one for all, come on top of the step that each takes.
    """

    name: str
    source: str
    target: str
    weight: FloatWeight
    late_steps: Integers | int = 0
    constant: Floats | None = None


def links_of(graph: Graph, sample: str) -> Iterator[Link]:
    """Inputs, which start at the node `sample`, then projections; those that differ in delay alone are one."""
    for entry in graph.inputs:
        yield Link(entry.name, sample, entry.target, as_diagonal(entry.gain))
    pairs: dict[tuple[str, str], list[FloatProjection]] = {}
    for projection in graph.projections:
        pairs.setdefault((projection.source, projection.target), []).append(projection)
    for projections in pairs.values():
        yield from joined(projections) or map(link_of, projections)


def link_of(projection: FloatProjection) -> Link:
    """A projection by itself."""
    ends = projection.source, projection.target
    return Link(projection.name, *ends, as_diagonal(projection.weight), projection.delay_steps - 1)


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
    return [
        Link(
            name,
            first.source,
            first.target,
            as_diagonal(reduce(lambda one, other: one.plus(other), weights)),
            late_steps,
        )
    ]


def sending(weight: FloatWeight) -> NDArray[np.bool_]:
    """Which source units have a weight other than 0, `(source units,)`."""
    found = np.zeros(weight.shape[1], bool)
    found[weight.to_matrix().nonzero()[1]] = True
    return found


def readout_weight(readout: Readout) -> FloatWeight:
    """The weight of a read-out, as its diagonal if everything else in it is 0."""
    weight = readout.weight
    return FloatDiagonal(np.diag(weight)) if is_diagonal(weight) else FloatDense(weight)


def is_diagonal(weight: Floats) -> bool:
    """Whether a matrix is square, and 0 everywhere but on its diagonal."""
    return weight.ndim == 2 and weight.shape[0] == weight.shape[1] and not (weight - np.diag(np.diag(weight))).any()


def divided(link: Link, unit: Unit) -> Link:
    """A link to a node that takes everything `gain` times."""
    if (unit.gain == 1).all():
        return link
    constant = None if link.constant is None else link.constant / unit.gain
    return replace(link, weight=link.weight.by_row(np.divide, unit.gain), constant=constant)


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
    free = next((link for link in arriving if has_room(link.weight, unit.constant)), None)
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
    weight = link.weight if has_room(link.weight, constant) else of_matrix(link.weight.to_matrix())
    return replace(link, constant=constant, weight=weight)


@singledispatch
def has_room(weight: FloatWeight, constant: Floats) -> bool:
    """Whether the node of a weight has a bias that can be this constant, `(target units,)`: that of a matrix has."""
    return True


@has_room.register
def _(weight: FloatDiagonal, constant: Floats) -> bool:
    return False


@has_room.register
def _(weight: FloatConvolution, constant: Floats) -> bool:
    return weight.by_channel(constant) is not None
