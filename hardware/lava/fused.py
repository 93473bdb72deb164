"""A whole network as one Lava process: no messages between processes, so a step costs little more than its sums."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from quantal.hardware.lava.names import (
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
from quantal.neuro.engine.packed_run import advance, by_population, empty_trace, pack_run
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
    """One step of the network for each step of Lava."""

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.step = stepper(proc_params["request"], proc_params["buffer"])

    def run_spk(self) -> None:
        """Step every population at once."""
        self.step(self.time_step - 1)


def stepper(request: RunRequest, buffer: TraceBuffer) -> Callable[[int], None]:
    """A function that takes the network through the step of a given number, and records it."""
    return (compiled_stepper if has_kernels(request.network) else plain_stepper)(request, buffer)


def compiled_stepper(request: RunRequest, buffer: TraceBuffer) -> Callable[[int], None]:
    """Steps in the engine."""
    here = pack_run(
        request.network,
        request.drive,
        request.samples,
        initial_snapshot(request.network, request.batch),
        request.recording,
    )
    record = empty_trace(request.network, request.recording, 1, request.batch)
    now = by_population(request.network, request.recording, record)
    control = np.zeros(2, np.int64)

    def step(number: int) -> None:
        advance(here, number, record, (0, request.batch), control)
        for population, kept in now.messages.items():
            buffer.messages[population][number] = kept[0]
        for population, states in now.states.items():
            for name, kept in states.items():
                buffer.states[population][name][number] = kept[0]

    return step


def plain_stepper(request: RunRequest, buffer: TraceBuffer) -> Callable[[int], None]:
    """Steps by the rules of the kinds themselves, for networks with a kind that the engine has no kernel for."""
    network, start = request.network, initial_snapshot(request.network, request.batch)
    states = {p.name: initial_state(p, request.batch) for p in network.populations}
    sent = {name: deque(messages.astype(np.int64), maxlen=len(messages)) for name, messages in start.sent.items()}

    def step(number: int) -> None:
        messages = one_step(network, states, sent, drive_at(request.drive, number), number, request.samples)
        for name, message in messages.items():
            sent[name].append(message)
            buffer.write(number, name, states[name], message)

    return step
