"""What every NIR primitive declares: its parameters, and its outgoing shape for an incoming one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.compile.importing.weighted_sums import LinearMap
from quantal.neuro.errors import QuantalError
from quantal.neuro.protocols import Floats

Shape = tuple[int, ...]
Parameters = Mapping[str, Any]
"""Parameters of a node by NIR's names."""
ShapeRule = Callable[[Parameters, "Shape | None"], "Shape | None"]
"""Outgoing shape of a node from its parameters and its incoming shape; None if that isn't known yet.

Raises `ShapeError` for an incoming shape that the node can't take.
"""


class ShapeError(Exception):
    """A node that can't take what arrives: `expected`, `got`."""

    def __init__(self, expected: object, got: object) -> None:
        self.expected, self.got = str(expected), str(got)
        super().__init__(f"expected {expected}, got {got}")


@dataclass(frozen=True)
class Primitive:
    """Parameters and shapes of a NIR primitive.

    Parameters
    ----------
    required
        Parameters without a default.
    shape
        Outgoing shape for an incoming one.
    optional
        Parameters that have a default or follow from the graph.
    texts
        Parameters that may be a word instead of numbers.
    """

    required: tuple[str, ...]
    shape: ShapeRule
    optional: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


def expect(expected: Shape, got: Shape | None) -> Shape:
    """The expected shape; an error if another one arrives."""
    if got not in (None, expected):
        raise ShapeError(expected, got)
    return expected


def same_shape(parameters: Parameters, names: tuple[str, ...]) -> Shape:
    """The shape that all these parameters share."""
    shape = np.shape(parameters[names[0]])
    for name in names:
        if name in parameters and np.shape(parameters[name]) != shape:
            raise ShapeError(f"{name} of shape {shape} as {names[0]}", np.shape(parameters[name]))
    return shape


def whole_shape(value: NDArray[Any]) -> Shape:
    """A parameter that holds a shape."""
    return tuple(int(size) for size in np.atleast_1d(value))


def elementwise(*names: str) -> ShapeRule:
    """Shape of a node with one value of each parameter per unit; a single number applies to all units that arrive."""

    def rule(parameters: Parameters, incoming: Shape | None) -> Shape | None:
        shape = same_shape(parameters, names)
        return incoming if shape == () else expect(shape, incoming)

    return rule


def misshapen(name: str, kind: str, error: ShapeError) -> QuantalError:
    """The error for a node that can't take what arrives."""
    return QuantalError(f"wrong shape for a {kind}", where=f"NIR node {name}", expected=error.expected, got=error.got)


MapRule = Callable[[Parameters, Shape], LinearMap]
"""Linear map of a node from its parameters and its incoming shape, which are known to agree."""


def floats(value: Any) -> Floats:
    """A parameter as 64-bit floats; those of a file are often 32-bit."""
    return np.asarray(value, np.float64)


def spread(value: Any, shape: Shape) -> Floats:
    """A parameter, which may be a single number, as one number per unit, `(units,)`."""
    return np.array(np.broadcast_to(floats(value), shape)).ravel()
