"""A graph or a network as text, short enough to read and stable enough to compare.

Each part has a line with its name, followed by its contents. An array of equal numbers is written as that number, a
short one in full, and a longer one as its shape and range, for integers with a digest, so that two texts are equal only
if all integers are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.network.arguments import is_default
from quantal.neuro.network.count_network import CountNetwork, Input, Population, Projection, Readout
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph, SampleRange

WRITTEN_OUT = 8
"""Largest number of values of an array that is written out."""
DIGITS = 6
DIGEST = 8
"""Hexadecimal digits of SHA-256."""


def text(noun: Graph | CountNetwork) -> str:
    """The text of a graph or network, ending with a newline."""
    return "\n".join(lines(noun)) + "\n"


def lines(noun: Graph | CountNetwork) -> Iterator[str]:
    """The lines of a graph or a network."""
    facts = {"seed": noun.seed, "samples": noun.sample_shape, **range_of(noun), **dialect_of(noun)}
    yield f"{type(noun).__name__} {noun.name}: {value_text(facts)}"
    for population in noun.populations:
        yield from population_lines(population)
    for projection in noun.projections:
        yield from projection_lines(projection)
    for entry in noun.inputs:
        yield input_line(entry)
    for entry in noun.readouts:
        yield readout_line(entry)


def dialect_of(noun: Graph | CountNetwork) -> dict[str, str]:
    """The dialect of a network; a graph has none."""
    dialect = getattr(noun, "dialect", None)
    return {} if dialect is None else {"dialect": dialect}


def range_of(noun: Graph | CountNetwork) -> dict[str, SampleRange]:
    """The range of samples, where a graph states it."""
    stated = getattr(noun, "sample_range", None)
    return {} if stated is None else {"of": stated}


def population_lines(population: Population | FloatPopulation) -> Iterator[str]:
    """Size, integration, emission, scales and initial state."""
    yield f"population {population.name}: {population.size} units"
    yield f"  {value_text(population.integration)}"
    yield f"  {value_text(population.emission)}"
    bits = getattr(population, "message_bits", None)
    message = f"message {value_text(population.message_scale)}" + ("" if bits is None else f" in {bits} bits")
    yield f"  scales: state {value_text(population.state_scale)}, {message}"
    for state, value in population.initial.items():
        yield f"  initial {state} = {value_text(value)}"


def projection_lines(projection: Projection | FloatProjection) -> Iterator[str]:
    """Source, target, delay, exponent and weight."""
    exponent = getattr(projection, "exponent", None)
    times = "" if exponent is None else f", times 2^{exponent}"
    ends = f"{projection.source} -> {projection.target}"
    yield f"projection {projection.name}: {ends}, delay {value_text(projection.delay_steps)}{times}"
    yield f"  {value_text(projection.weight)}"
    if plasticity := getattr(projection, "plasticity", None):
        yield f"  learns by {value_text(plasticity)}"
    if shares := getattr(projection, "shares", ""):
        yield f"  with the learned weights of {shares}"


def input_line(entry: Input) -> str:
    """Target and gain of an input."""
    return f"input {entry.name}: sample -> {entry.target}, gain {value_text(entry.gain)}"


def readout_line(entry: Readout) -> str:
    """Source and weight of a read-out."""
    return f"read-out {entry.name}: {entry.source} -> estimate, weight {value_text(entry.weight)}"


def value_text(value: Any) -> str:
    """A number, array, shape, mapping or part."""
    if is_dataclass(value):
        return part_text(value)
    write: Callable[[Any], str] = next((write for kind, write in WRITERS.items() if isinstance(value, kind)), str)
    return write(value)


def part_text(part: Any) -> str:
    """A kind or a weight with all fields that differ from their defaults."""
    values = [(each, getattr(part, each.name)) for each in fields(part)]
    shown = [f"{each.name}={value_text(value)}" for each, value in values if not is_default(each, value)]
    return f"{type(part).__name__}({', '.join(shown)})"


def array_text(array: NDArray[Any]) -> str:
    """A short array as its numbers, a longer one by shape, range and, for integers, digest."""
    shape = "×".join(map(str, array.shape))
    if not array.size or (array == array.flat[0]).all():
        return f"[{shape}: {number_text(array.flat[0]) if array.size else 'empty'}]"
    if array.size <= WRITTEN_OUT:
        return rows_text(array)
    ends = f"{number_text(array.min())} … {number_text(array.max())}"
    return f"[{shape}: {ends}{digest_text(array)}]"


def tuple_text(value: tuple[Any, ...]) -> str:
    """Parts one after another, or a shape."""
    if value and is_dataclass(value[0]):
        return ", ".join(map(value_text, value))
    return "×".join(map(str, value)) or "of any shape"


def rows_text(array: NDArray[Any]) -> str:
    """All numbers, with brackets around each axis."""
    inner = number_text if array.ndim == 1 else rows_text
    return f"[{', '.join(map(inner, array))}]"


def digest_text(array: NDArray[Any]) -> str:
    """A digest of integers, the mean of floats, whose last bit may differ between processors."""
    if array.dtype.kind == "f":
        return f", mean {number_text(array.mean())}"
    return f" #{hashlib.sha256(np.ascontiguousarray(array, np.int64).data).hexdigest()[:DIGEST]}"


def number_text(number: Any) -> str:
    """An integer in full, a float with six digits."""
    return f"{number:.{DIGITS}g}" if isinstance(number, (float, np.floating)) else str(number)


WRITERS: dict[type, Callable[[Any], str]] = {
    np.ndarray: array_text,
    float: number_text,
    tuple: tuple_text,
    Mapping: lambda value: ", ".join(f"{key} {value_text(item)}" for key, item in value.items()),
}
"""How to write a value of each type; any other is written as Python prints it."""
