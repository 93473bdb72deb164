"""What NIR has no parameter for, noted in the metadata of a node.

Ranges and integer units say nothing of the float network, so they are always noted. What another tool would run
without, and so run another network, is noted only where the caller asks for it by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import FloatPopulation
from quantal.neuro.neurons import FloatAccumulator, FloatCuba, FloatGraded, FloatSilent, FloatSpike
from quantal.neuro.nir.nir_graph import NirNode, Value
from quantal.neuro.protocols import Floats

PREFIX = "quantal_"
START = f"{PREFIX}start_"

LOSSES = ("reset", "refractory_steps", "dead_zone", "start")
"""What may be noted where the caller asks for it."""


@dataclass(frozen=True)
class Loss:
    """What NIR's own nodes would lose: its name among `LOSSES` (or none), in words, and the note that would keep it."""

    name: str
    words: str
    notes: Mapping[str, Value]


def notes_of(population: FloatPopulation, in_metadata: tuple[str, ...]) -> dict[str, Value]:
    """Everything that stands beside the node of a population; an error names what may not."""
    notes: dict[str, Value] = {**range_notes(population), **unit_notes(population)}
    for loss in losses(population):
        if loss.name not in in_metadata:
            raise refused(population, loss)
        notes |= loss.notes
    return notes


def refused(population: FloatPopulation, loss: Loss) -> QuantalError:
    """The error for what would be lost."""
    asked = f"another tool would run another network; in_metadata={(loss.name,)} notes it where Quantal alone reads it"
    hint = asked if loss.name else ""
    return QuantalError(f"NIR can't say {loss.words}", where=f"population {population.name}", hint=hint)


def range_notes(population: FloatPopulation) -> dict[str, Value]:
    """Ends of the range of states."""
    return {name: np.array(getattr(population.integration, name), np.float64) for name in ("lowest", "highest")}


def unit_notes(population: FloatPopulation) -> dict[str, Value]:
    """What 1 in an integer state and message stands for."""
    units = {name: getattr(population, name) for name in ("state_scale", "message_scale")}
    return {f"{PREFIX}{name}": np.array(value, np.float64) for name, value in units.items() if value is not None}


def losses(population: FloatPopulation) -> Iterator[Loss]:
    """What a population holds that no NIR unit has."""
    emission: Any = population.emission
    if steps := getattr(emission, "refractory_steps", 0):
        words = f"that units are refractory for {steps} steps"
        yield Loss("refractory_steps", words, {f"{PREFIX}refractory_steps": np.array(steps)})
    if (reset := getattr(emission, "reset", "zero")) != "zero":
        yield Loss("reset", f"that the reset is by {reset!r}", {f"{PREFIX}reset": reset})
    if dead_zone := getattr(emission, "dead_zone", 0.0):
        yield Loss("dead_zone", f"the dead zone of {dead_zone:g}", {f"{PREFIX}dead_zone": np.array(dead_zone)})
    if population.state_scale is not None and isinstance(population.integration, FloatAccumulator):
        yield Loss("", "what 1 in the integer state of an accumulator stands for", {})
    for name in population.states:
        if name not in CARRIED[type(population.integration), type(emission)] and start_of(population, name).any():
            note = {START + name: start_of(population, name)}
            yield Loss("start", f"that {name} starts elsewhere than at 0", note)


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
"""Integration and emission to the states whose start the parameters of NIR's unit tell."""


def number(node: NirNode, name: str) -> float | None:
    """A noted number, if there is one."""
    value = node.metadata.get(name)
    return float(value) if isinstance(value, np.ndarray) and value.shape == () and np.isfinite(value) else None


def noted_range(node: NirNode) -> tuple[float, float] | None:
    """Ends of the range of states; without them there are those that follow from bounds."""
    lowest, highest = number(node, "lowest"), number(node, "highest")
    if lowest is None or highest is None or not lowest <= 0 <= highest:
        return None
    return lowest, highest


def noted_scales(node: NirNode) -> dict[str, float | None]:
    """What 1 in an integer state and message stands for."""
    return {name: number(node, f"{PREFIX}{name}") for name in ("state_scale", "message_scale")}


def noted_spike(node: NirNode) -> dict[str, Any]:
    """Reset and refractory time of units that spike."""
    steps, reset = number(node, f"{PREFIX}refractory_steps"), node.metadata.get(f"{PREFIX}reset", "zero")
    return {"reset": reset, "refractory_steps": int(steps or 0)}


def noted_dead_zone(node: NirNode) -> float:
    """How small a state must be to be left unsent."""
    return number(node, f"{PREFIX}dead_zone") or 0.0


def noted_start(node: NirNode) -> dict[str, Floats]:
    """States before the first step."""
    starts = {name: value for name, value in node.metadata.items() if name.startswith(START)}
    return {name.removeprefix(START): np.asarray(value, np.float64) for name, value in starts.items()}
