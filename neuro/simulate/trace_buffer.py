"""Memory for the states and messages of a run, which become its `Trace`; a `Recording` says which are recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quantal.neuro.network.count_network import CountNetwork, Population
from quantal.neuro.network.trace import Integers32, Recording

ITEM_BYTES = np.dtype(np.int32).itemsize


@dataclass(frozen=True, eq=False)
class TraceBuffer:
    """Arrays for recorded states and messages, `(steps, batch, units)` each, as views of one memory."""

    states: dict[str, dict[str, Integers32]] = field(default_factory=dict[str, dict[str, Integers32]])
    messages: dict[str, Integers32] = field(default_factory=dict[str, Integers32])

    def write(self, step: int, population: str, state: dict[str, Any], message: Any) -> None:
        """Write what is recorded of one population at one step, `(batch, units)` each."""
        for name, kept in self.states.get(population, {}).items():
            kept[step] = state[name]
        if population in self.messages:
            self.messages[population][step] = message


def buffer_bytes(network: CountNetwork, recording: Recording, steps: int, batch: int) -> int:
    """Size of the memory that a buffer needs."""
    values = sum(
        p.size * (len(recorded_states(recording, p)) + recording.keeps_message(p.name)) for p in network.populations
    )
    return steps * batch * values * ITEM_BYTES


def trace_buffer(
    network: CountNetwork, recording: Recording, steps: int, batch: int, memory: Any | None = None
) -> TraceBuffer:
    """An empty buffer over a memory of `buffer_bytes`, such as one that several processes map, or its own."""
    parts = TraceBuffer()
    home = bytearray(buffer_bytes(network, recording, steps, batch)) if memory is None else memory
    place = 0

    def room(population: Population) -> Integers32:
        nonlocal place
        here = np.ndarray((steps, batch, population.size), np.int32, home, place)
        place += here.nbytes
        return here

    for p in network.populations:
        if recording.keeps_state(p.name):
            parts.states[p.name] = {state: room(p) for state in recorded_states(recording, p)}
        if recording.keeps_message(p.name):
            parts.messages[p.name] = room(p)
    return parts


def recorded_states(recording: Recording, population: Population) -> tuple[str, ...]:
    """State variables that are recorded of a population."""
    return population.states if recording.keeps_state(population.name) else ()
