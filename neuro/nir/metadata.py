"""What NIR has no parameter for, noted in the metadata of a node.

Ranges and integer scales do not change the float network, so they are always noted. Anything that changes it would be
ignored by other tools, which would then run a different network; it is noted only if the caller asks for it by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import FloatPopulation
from quantal.neuro.network.upgrades import SCALES
from quantal.neuro.neurons import FloatAccumulator, FloatCuba, FloatGraded, FloatSilent, FloatSpike
from quantal.neuro.nir.nir_graph import NirNode, Value
from quantal.neuro.protocols import Floats

PREFIX = "quantal_"
START = f"{PREFIX}start_"

BEYOND_NIR = ("reset", "refractory_steps", "dead_zone", "start")
"""What is noted only if the caller asks for it."""


@dataclass(frozen=True)
class Extra:
    """Something that NIR's nodes can't hold: its name in `BEYOND_NIR` (or none), a description, and its notes."""

    name: str
    words: str
    notes: Mapping[str, Value]


def notes_of(population: FloatPopulation, in_metadata: tuple[str, ...]) -> dict[str, Value]:
    """The metadata of a population's node; a `QuantalError` for anything beyond NIR that is not in `in_metadata`."""
    notes: dict[str, Value] = {**range_notes(population), **scale_notes(population)}
    for extra in extras(population):
        if extra.name not in in_metadata:
            raise refused(population, extra)
        notes |= extra.notes
    return notes


def refused(population: FloatPopulation, extra: Extra) -> QuantalError:
    """The error for what would be lost."""
    note = f"in_metadata={(extra.name,)} notes it in metadata that only Quantal reads"
    hint = f"other tools would run a different network; {note}" if extra.name else ""
    return QuantalError(f"NIR can't express {extra.words}", where=f"population {population.name}", hint=hint)


def range_notes(population: FloatPopulation) -> dict[str, Value]:
    """The range of states."""
    return {name: np.array(getattr(population.integration, name), np.float64) for name in ("lowest", "highest")}


def scale_notes(population: FloatPopulation) -> dict[str, Value]:
    """What 1 in an integer state and message stands for, and the bits of a message."""
    scales = {name: getattr(population, name) for name in ("state_scale", "message_scale", "message_bits")}
    return {f"{PREFIX}{name}": np.array(value, np.float64) for name, value in scales.items() if value is not None}


def extras(population: FloatPopulation) -> Iterator[Extra]:
    """What a population has that no NIR node can hold."""
    emission: Any = population.emission
    if steps := getattr(emission, "refractory_steps", 0):
        words = f"that units are refractory for {steps} steps"
        yield Extra("refractory_steps", words, {f"{PREFIX}refractory_steps": np.array(steps)})
    if (reset := getattr(emission, "reset", "zero")) != "zero":
        yield Extra("reset", f"that the reset is by {reset!r}", {f"{PREFIX}reset": reset})
    if dead_zone := getattr(emission, "dead_zone", 0.0):
        yield Extra("dead_zone", f"the dead zone of {dead_zone:g}", {f"{PREFIX}dead_zone": np.array(dead_zone)})
    if population.state_scale is not None and isinstance(population.integration, FloatAccumulator):
        yield Extra("", "what 1 in the integer state of an accumulator stands for", {})
    if getattr(population.integration, "unit_range", None) is not None:
        yield Extra("", "ranges of single units", {})
    for name in population.states:
        if name not in CARRIED[type(population.integration), type(emission)] and start_of(population, name).any():
            note = {START + name: start_of(population, name)}
            yield Extra("start", f"that {name} starts elsewhere than at 0", note)


def start_of(population: FloatPopulation, name: str) -> Floats:
    """A state before the first step, `(units,)`."""
    return np.asarray(population.initial.get(name, np.zeros(population.size)), np.float64)


CARRIED: dict[tuple[type, type], tuple[str, ...]] = {
    (FloatCuba, FloatSpike): ("u", "v"),
    (FloatCuba, FloatGraded): ("u",),
    (FloatCuba, FloatSilent): ("u",),
    (FloatAccumulator, FloatGraded): (),
    (FloatAccumulator, FloatSilent): (),
}
"""Integration and emission to the states whose initial values the parameters of a NIR node imply."""


def number(node: NirNode, name: str) -> float | None:
    """A noted number, if there is one."""
    value = node.metadata.get(name)
    return float(value) if isinstance(value, np.ndarray) and value.shape == () and np.isfinite(value) else None


def noted_range(node: NirNode) -> tuple[float, float] | None:
    """The noted range of states; None if there is none, in which case the range follows from what can arrive."""
    lowest, highest = number(node, "lowest"), number(node, "highest")
    if lowest is None or highest is None or not lowest <= 0 <= highest:
        return None
    return lowest, highest


def noted_scales(node: NirNode) -> dict[str, Any]:
    """What 1 in an integer state and message stands for, also under names of earlier versions, and a message's bits."""
    former = {new: number(node, f"{PREFIX}{old}") for old, new in SCALES.items()}
    scales = {name: number(node, f"{PREFIX}{name}") for name in former}
    bits = number(node, f"{PREFIX}message_bits")
    found = {name: former[name] if scale is None else scale for name, scale in scales.items()}
    return {**found, "message_bits": None if bits is None else int(bits)}


def noted_spike(node: NirNode) -> dict[str, Any]:
    """Reset and refractory time of spiking units."""
    steps, reset = number(node, f"{PREFIX}refractory_steps"), node.metadata.get(f"{PREFIX}reset", "zero")
    return {"reset": reset, "refractory_steps": int(steps or 0)}


def noted_dead_zone(node: NirNode) -> float:
    """Largest absolute state that is not sent."""
    return number(node, f"{PREFIX}dead_zone") or 0.0


def noted_start(node: NirNode) -> dict[str, Floats]:
    """States before the first step."""
    starts = {name: value for name, value in node.metadata.items() if name.startswith(START)}
    return {name.removeprefix(START): np.asarray(value, np.float64) for name, value in starts.items()}
