"""A whole network as one Lava process: without messages between processes, a step takes little more than its sums."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from quantal.hardware.lava.lava_imports import (
    CPU,
    AbstractProcess,
    LoihiProtocol,
    PyLoihiProcessModel,
    implements,
    requires,
    tag,
)
from quantal.hardware.lava.population import initial_state
from quantal.hardware.lava.run_request import RunRequest
from quantal.neuro.engine.kernels import has_kernels
from quantal.neuro.engine.packed_run import advance, by_population, empty_trace, pack_run, tags_of
from quantal.neuro.network.trace import initial_snapshot
from quantal.neuro.simulate.reference import drive_at, one_step
from quantal.neuro.simulate.trace_buffer import TraceBuffer


class NetworkProcess(AbstractProcess):
    """All populations and projections of a network, without ports."""

    def __init__(self, request: RunRequest, buffer: TraceBuffer) -> None:
        super().__init__(name=f"network {request.network.name}", request=request, buffer=buffer)


@implements(proc=NetworkProcess, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class NetworkModel(PyLoihiProcessModel):
    """Runs one step of the network in each time step of Lava."""

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.step = stepper(proc_params["request"], proc_params["buffer"])

    def run_spk(self) -> None:
        """Step every population at once."""
        self.step(self.time_step - 1)


def stepper(request: RunRequest, buffer: TraceBuffer) -> Callable[[int], None]:
    """Build a function that runs and records the step of a given index."""
    return (compiled_stepper if has_kernels(request.network) else plain_stepper)(request, buffer)


def compiled_stepper(request: RunRequest, buffer: TraceBuffer) -> Callable[[int], None]:
    """Build a stepper that runs the engine."""
    recording = replace(request.recording, weights_every=0)
    packed = pack_run(
        request.network, request.drive, request.samples, initial_snapshot(request.network, request.batch), recording
    )
    record = empty_trace(request.network, recording, 1, request.batch)
    recorded = by_population(request.network, recording, record)
    control = np.zeros(2, np.int64)

    def step(index: int) -> None:
        advance(packed, index, record, (0, request.batch), control)
        for population, messages in recorded.messages.items():
            buffer.messages[population][index] = messages[0]
        for population, states in recorded.states.items():
            for name, values in states.items():
                buffer.states[population][name][index] = values[0]
        if index in buffer.weight_steps:
            buffer.write_tags(index, tags_of(packed))

    return step


def plain_stepper(request: RunRequest, buffer: TraceBuffer) -> Callable[[int], None]:
    """Build a stepper in plain NumPy, for networks with a kind that the engine has no kernel for."""
    network, start = request.network, initial_snapshot(request.network, request.batch)
    states = {p.name: initial_state(p, request.batch) for p in network.populations}
    sent = {name: deque(messages.astype(np.int64), maxlen=len(messages)) for name, messages in start.sent.items()}
    tags = {name: each.astype(np.int64) for name, each in start.weights.items()}

    def step(index: int) -> None:
        messages = one_step(network, states, sent, tags, drive_at(request.drive, index), index, request.samples)
        for name, message in messages.items():
            buffer.write(index, name, states[name], message)
        buffer.write_tags(index, tags)

    return step
