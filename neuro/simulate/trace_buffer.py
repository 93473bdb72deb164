"""Memory for the recorded states and messages of a run, which become its `Trace`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quantal.neuro.network.count_network import CountNetwork, Population
from quantal.neuro.network.trace import Integers32, Recording

ITEM_BYTES = np.dtype(np.int32).itemsize


@dataclass(frozen=True, eq=False)
class TraceBuffer:
    """Arrays for recorded states and messages, `(steps, batch, units)` each, as views of one block of memory."""

    states: dict[str, dict[str, Integers32]] = field(default_factory=dict[str, dict[str, Integers32]])
    messages: dict[str, Integers32] = field(default_factory=dict[str, Integers32])

    def write(self, step: int, population: str, state: dict[str, Any], message: Any) -> None:
        """Write the recorded states and message of one population at one step, `(batch, units)` each."""
        for name, values in self.states.get(population, {}).items():
            values[step] = state[name]
        if population in self.messages:
            self.messages[population][step] = message


def buffer_bytes(network: CountNetwork, recording: Recording, steps: int, batch: int) -> int:
    """Size in bytes of the memory that a buffer needs."""
    values = sum(
        p.size * (len(recorded_states(recording, p)) + recording.records_message(p.name)) for p in network.populations
    )
    return steps * batch * values * ITEM_BYTES


def trace_buffer(
    network: CountNetwork, recording: Recording, steps: int, batch: int, memory: Any | None = None
) -> TraceBuffer:
    """An empty buffer in `memory` of `buffer_bytes`, such as memory shared by processes, or in memory of its own."""
    buffer = TraceBuffer()
    block = bytearray(buffer_bytes(network, recording, steps, batch)) if memory is None else memory
    offset = 0

    def allocate(population: Population) -> Integers32:
        nonlocal offset
        view = np.ndarray((steps, batch, population.size), np.int32, block, offset)
        offset += view.nbytes
        return view

    for p in network.populations:
        if recording.records_state(p.name):
            buffer.states[p.name] = {state: allocate(p) for state in recorded_states(recording, p)}
        if recording.records_message(p.name):
            buffer.messages[p.name] = allocate(p)
    return buffer


def recorded_states(recording: Recording, population: Population) -> tuple[str, ...]:
    """State variables of a population that are recorded."""
    return population.states if recording.records_state(population.name) else ()
