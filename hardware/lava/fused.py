"""A whole network as one Lava process: no messages between processes, so a step costs little more than its sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hardware.lava.job import Job
from hardware.lava.names import CPU, AbstractProcess, LoihiProtocol, PyLoihiProcessModel, implements, requires, tag
from hardware.lava.recorder import Recorder
from neuro.engine.loop import CONNECT, EMIT, INTEGRATE, run_samples
from neuro.engine.pack import pack_populations, pack_projections
from neuro.engine.run import empty_record, pack_drive, pack_ring, pack_state, split_states
from neuro.trace import initial_snapshot


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
    network, batch = job.network, job.batch
    start = initial_snapshot(network, batch)
    populations = pack_populations(network, job.recording)
    constants = ((INTEGRATE, EMIT, CONNECT), populations, pack_projections(network), np.uint64(network.seed))
    drive = pack_drive(network, job.drive, batch)
    state, ring = pack_state(network, start, batch), pack_ring(network, start, batch)
    messages, states = empty_record(network, job.recording, 1, batch)
    now = Recorder(
        split_states(network, populations, states),
        {
            p.name: messages[:, :, place : place + p.size]
            for p, place in zip(network.populations, populations.kept_message, strict=True)
            if place >= 0
        },
    )

    def step(number: int) -> None:
        a = drive[number : number + 1] if len(drive) > 1 else drive
        run_samples(
            *constants, job.first_sample, number, a, state, ring, messages, states, (0, batch), np.zeros(2, np.int64)
        )
        recorder.copy(number, now)

    return step
