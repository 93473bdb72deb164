"""Memory for the recorded states, messages and tags of a run, which become its `Trace`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.arithmetic import Integers
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.trace import Integers32, Recording

ITEM_BYTES = np.dtype(np.int32).itemsize


@dataclass(frozen=True, eq=False)
class TraceBuffer:
    """Arrays for what is recorded, as views of one block of memory.

    States and messages are `(steps, batch, units)` each; tags, in `weights`, are `(records, batch, connections)`, made
    after `weight_steps`.
    """

    states: dict[str, dict[str, Integers32]] = field(default_factory=dict[str, dict[str, Integers32]])
    messages: dict[str, Integers32] = field(default_factory=dict[str, Integers32])
    weights: dict[str, Integers32] = field(default_factory=dict[str, Integers32])
    weight_steps: Integers = field(default_factory=lambda: np.zeros(0, np.int64))

    def write(self, step: int, population: str, state: dict[str, Any], message: Any) -> None:
        """Write the recorded states and message of one population at one step, `(batch, units)` each."""
        for name, values in self.states.get(population, {}).items():
            values[step] = state[name]
        if population in self.messages:
            self.messages[population][step] = message

    def write_tags(self, step: int, tags: Mapping[str, NDArray[np.integer]]) -> None:
        """Write tags, `(batch, connections)` each, if they are recorded after the step of this number."""
        for record in np.flatnonzero(self.weight_steps == step):
            for name, values in tags.items():
                self.weights[name][record] = values


def buffer_bytes(network: CountNetwork, recording: Recording, steps: int, batch: int, first_step: int = 0) -> int:
    """Size in bytes of the memory that a buffer needs."""
    values = sum(
        p.size * (len(recording.recorded_states(p)) + recording.records_message(p.name)) for p in network.populations
    )
    records = len(recorded_weight_steps(network, recording, first_step, steps))
    return (steps * values + records * tag_count(network)) * batch * ITEM_BYTES


def trace_buffer(
    network: CountNetwork,
    recording: Recording,
    steps: int,
    batch: int,
    memory: Any | None = None,
    first_step: int = 0,
) -> TraceBuffer:
    """An empty buffer in `memory` of `buffer_bytes`, such as memory shared by processes, or in memory of its own."""
    buffer = TraceBuffer(weight_steps=recorded_weight_steps(network, recording, first_step, steps))
    block = bytearray(buffer_bytes(network, recording, steps, batch, first_step)) if memory is None else memory
    offset = 0

    def allocate(rows: int, size: int) -> Integers32:
        nonlocal offset
        view = np.ndarray((rows, batch, size), np.int32, block, offset)
        offset += view.nbytes
        return view

    for p in network.populations:
        if recording.records_state(p.name):
            buffer.states[p.name] = {state: allocate(steps, p.size) for state in recording.recorded_states(p)}
        if recording.records_message(p.name):
            buffer.messages[p.name] = allocate(steps, p.size)
    if recording.weights_every:
        for projection, _ in network.learning:
            buffer.weights[projection.name] = allocate(len(buffer.weight_steps), projection.weight.values().size)
    return buffer


def recorded_weight_steps(network: CountNetwork, recording: Recording, first_step: int, steps: int) -> Integers:
    """Numbers of the steps after which the tags of a network are recorded; none if nothing learns."""
    return recording.weight_steps(first_step, steps) if network.learning else np.zeros(0, np.int64)


def tag_count(network: CountNetwork) -> int:
    """Number of tags of one sample."""
    return sum(projection.weight.values().size for projection, _ in network.learning)
