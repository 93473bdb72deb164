"""Checks and conversions of arguments: wrong types are refused with a hint, and a number may stand for a vector."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, replace
from numbers import Integral, Real
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.errors import QuantalError, type_of
from quantal.neuro.synapses.conversion import CONVERSIONS

Kind = TypeVar("Kind")

NEXT_STEPS = {
    "Graph": "compile it first: network, report = quantal.compile_graph(graph)",
    "CountNetwork": "it is compiled already: quantal.run runs it",
    "tuple": "compile_graph returns a network and a report: network, report = quantal.compile_graph(graph)",
    "str": "read the file first: quantal.load_network(path) or quantal.load_graph(path)",
    "PosixPath": "read the file first: quantal.load_network(path) or quantal.load_graph(path)",
}
"""Hint for an argument of this type."""

VECTORS = {"Integers": (Integral, np.int64), "Floats": (Real, np.float64)}
"""Annotation of a vector to the type of numbers that may stand for it, and the type of its elements."""


def require_noun(given: object, noun: type) -> None:
    """Refuse an argument of another type, such as a `Graph` where a `CountNetwork` is expected."""
    if not isinstance(given, noun):
        name = type(given).__name__
        raise QuantalError(
            "the wrong kind of argument",
            expected=f"a {noun.__name__}",
            got=type_of(given),
            hint=NEXT_STEPS.get(name, ""),
        )


def require_array(given: object, name: str, where: str) -> None:
    """Refuse anything but a NumPy array, with a hint on how to convert values of known types."""
    if not isinstance(given, np.ndarray):
        ways = [way.format(name) for method, way in CONVERSIONS.items() if hasattr(given, method)]
        raise QuantalError(
            "not an array",
            where=where,
            expected="a NumPy array",
            got=type_of(given),
            hint=f"pass {ways[0]}" if ways else "",
        )


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str:
        """The name."""
        ...


Part = TypeVar("Part", bound=Named)


def population_named(populations: Iterable[Part], name: str, where: str) -> Part:
    """The population of that name; a `QuantalError` lists all names if there is none."""
    for population in populations:
        if population.name == name:
            return population
    names = ", ".join(population.name for population in populations)
    raise QuantalError("no such population", where=where, expected=f"one of {names}", got=name)


def fill_vectors(population: Any, dtype: type) -> None:
    """Expand numbers to vectors in the kinds and the initial state of a frozen population under construction."""
    size = population.size
    if isinstance(size, int) and size > 0:
        for name in ("integration", "emission"):
            object.__setattr__(population, name, with_vectors(getattr(population, name), size))
        object.__setattr__(population, "initial", initial_vectors(population.initial, size, dtype))


def with_vectors(kind: Kind, size: int) -> Kind:
    """The same kind, in which each number that stands for a vector is expanded to `(units,)`."""
    part: Any = kind
    names = getattr(part, "__dataclass_fields__", {})
    vectors = {name: VECTORS[str(each.type)] for name, each in names.items() if each.type in VECTORS}
    numbers = {
        name: np.full(size, getattr(part, name), dtype)
        for name, (number, dtype) in vectors.items()
        if isinstance(getattr(part, name), number)
    }
    return replace(part, **numbers) if numbers else kind


def initial_vectors(initial: Mapping[str, Any], size: int, dtype: type) -> Mapping[str, NDArray[Any]]:
    """Initial states, in which each number is expanded to `(units,)`."""
    return {name: np.full(size, value, dtype) if isinstance(value, Real) else value for name, value in initial.items()}


def is_default(each: Field[Any], value: Any) -> bool:
    """Whether a field of a dataclass has its default value; an array never does."""
    return not isinstance(value, np.ndarray) and each.default is not MISSING and value == each.default


def shape_problems(shape: object, name: str) -> list[str]:
    """Problem text if this is not a shape, which is a tuple of whole numbers above 0."""
    whole = isinstance(shape, tuple) and all(isinstance(n, Integral) and n > 0 for n in shape)  # pyright: ignore
    return [] if whole else [f"{name} is {shape!r}, expected a tuple of whole numbers above 0, such as (16, 16)"]
