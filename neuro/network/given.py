"""What users hand in: a noun of the wrong stage, a tensor for an array, one number where every unit has its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.errors import QuantalError, type_of
from quantal.neuro.synapses.given import CONVERSIONS

Kind = TypeVar("Kind")

NEXT_STEPS = {
    "Graph": "compile it first: network, report = quantal.compile_graph(graph)",
    "CountNetwork": "it is compiled already: quantal.run runs it",
    "tuple": "compile_graph returns a network and a report: network, report = quantal.compile_graph(graph)",
    "str": "read the file first: quantal.load_network(path) or quantal.load_graph(path)",
    "PosixPath": "read the file first: quantal.load_network(path) or quantal.load_graph(path)",
}
"""What to do with a value of this type."""

VECTORS = {"Integers": (Integral, np.int64), "Floats": (Real, np.float64)}
"""Annotation of a vector to the numbers that may stand for one, and the type of the vector."""


def require_noun(given: object, noun: type) -> None:
    """Refuse anything but a noun of this type, such as a `Graph` for a `CountNetwork`."""
    if not isinstance(given, noun):
        name = type(given).__name__
        raise QuantalError(
            "the wrong kind of argument",
            expected=f"a {noun.__name__}",
            got=type_of(given),
            hint=NEXT_STEPS.get(name, ""),
        )


def require_array(given: object, name: str, where: str) -> None:
    """Refuse anything but a NumPy array, and say how a value of a known type becomes one."""
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
    """Whatever has a name."""

    @property
    def name(self) -> str:
        """Its name."""
        ...


Part = TypeVar("Part", bound=Named)


def population_named(populations: Iterable[Part], name: str, where: str) -> Part:
    """The population of that name, or an error that lists the names."""
    for population in populations:
        if population.name == name:
            return population
    names = ", ".join(population.name for population in populations)
    raise QuantalError("no such population", where=where, expected=f"one of {names}", got=name)


def fill_vectors(population: Any, dtype: type) -> None:
    """Repeat numbers for every unit in the kinds and the initial state of a frozen population that is being made."""
    size = population.size
    if isinstance(size, int) and size > 0:
        for name in ("integration", "emission"):
            object.__setattr__(population, name, with_vectors(getattr(population, name), size))
        object.__setattr__(population, "initial", initial_vectors(population.initial, size, dtype))


def with_vectors(kind: Kind, size: int) -> Kind:
    """The kind, with a number repeated for every unit where it has a vector `(units,)`."""
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
    """Initial states, with a number repeated for every unit."""
    return {name: np.full(size, value, dtype) if isinstance(value, Real) else value for name, value in initial.items()}


def shape_problems(shape: object, name: str) -> list[str]:
    """Problem text if this is no shape: a tuple of whole numbers above 0."""
    whole = isinstance(shape, tuple) and all(isinstance(n, Integral) and n > 0 for n in shape)  # pyright: ignore
    return [] if whole else [f"{name} is {shape!r}, expected a tuple of whole numbers above 0, such as (16, 16)"]
