"""A whole network as one Lava process: no messages between processes, so a step costs little more than its sums."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from quantal.hardware.lava.job import Job
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
from quantal.neuro.engine.kernels import has_kernels
from quantal.neuro.engine.machine import advance, by_population, empty_record, machine
from quantal.neuro.network.trace import initial_snapshot
from quantal.neuro.simulate.recorder import Recorder
from quantal.neuro.simulate.reference import at, one_step


class NetworkProcess(AbstractProcess):
    """All populations and projections of a network, without ports."""

    def __init__(self, job: Job, recorder: Recorder) -> None:
        super().__init__(name=f"network {job.network.name}", job=job, recorder=recorder)


@implements(proc=NetworkProcess, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class NetworkModel(PyLoihiProcessModel):
    """One step of the network for each step of Lava."""

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.step = stepper(proc_params["job"], proc_params["recorder"])

    def run_spk(self) -> None:
        """Step every population at once."""
        self.step(self.time_step - 1)


def stepper(job: Job, recorder: Recorder) -> Callable[[int], None]:
    """A function that takes the network through the step of a given number, and records it."""
    return (compiled_stepper if has_kernels(job.network) else plain_stepper)(job, recorder)


def compiled_stepper(job: Job, recorder: Recorder) -> Callable[[int], None]:
    """Steps in the engine."""
    here = machine(job.network, job.drive, job.samples, initial_snapshot(job.network, job.batch), job.recording)
    record = empty_record(job.network, job.recording, 1, job.batch)
    now = by_population(job.network, job.recording, record)
    done = np.zeros(2, np.int64)

    def step(number: int) -> None:
        advance(here, number, record, (0, job.batch), done)
        for population, kept in now.messages.items():
            recorder.messages[population][number] = kept[0]
        for population, states in now.states.items():
            for name, kept in states.items():
                recorder.states[population][name][number] = kept[0]

    return step


def plain_stepper(job: Job, recorder: Recorder) -> Callable[[int], None]:
    """Steps by the rules of the kinds themselves, for networks with a kind that the engine has no kernel for."""
    network, start = job.network, initial_snapshot(job.network, job.batch)
    states = {p.name: initial_state(p, job.batch) for p in network.populations}
    sent = {name: deque(messages.astype(np.int64), maxlen=len(messages)) for name, messages in start.sent.items()}

    def step(number: int) -> None:
        messages = one_step(network, states, sent, at(job.drive, number), number, job.samples)
        for name, message in messages.items():
            sent[name].append(message)
            recorder.keep(number, name, states[name], message)

    return step
