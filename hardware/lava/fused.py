"""A whole network as one Lava process: no messages between processes, so a step costs little more than its sums."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from hardware.lava.job import Job
from hardware.lava.names import CPU, AbstractProcess, LoihiProtocol, PyLoihiProcessModel, implements, requires, tag
from hardware.lava.recorder import Recorder
from neuro.reference import at, one_step
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
        self.job: Job = proc_params["job"]
        self.recorder: Recorder = proc_params["recorder"]
        start = initial_snapshot(self.job.network, self.job.batch)
        self.states = {name: {k: v.astype(np.int64) for k, v in state.items()} for name, state in start.states.items()}
        self.sent = {name: deque(m.astype(np.int64), maxlen=len(m)) for name, m in start.sent.items()}

    def run_spk(self) -> None:
        """Step every population at once."""
        job, step = self.job, self.time_step - 1
        messages = one_step(job.network, self.states, self.sent, at(job.drive, step), step, job.samples)
        for name, message in messages.items():
            self.sent[name].append(message)
            self.recorder.keep(step, name, self.states[name], message)
