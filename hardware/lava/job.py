"""What the worker is told, as bytes without pickle."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import IO, Any

from safetensors.numpy import load, save

from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import Tensors, flatten, restore
from quantal.neuro.network.trace import Recording
from quantal.neuro.simulate.drive import Drive, batch_size
from quantal.neuro.simulate.recorder import Recorder, recorder, recorder_bytes

LENGTH_BYTES = 8


@dataclass(frozen=True, eq=False)
class Job:
    """Arguments of a run."""

    network: CountNetwork
    drive: Drive
    steps: int
    recording: Recording
    first_sample: int
    partition: str

    @property
    def batch(self) -> int:
        """Number of samples side by side."""
        return batch_size(self.drive)

    @property
    def samples(self) -> range:
        """Numbers of the samples, which count the random draws."""
        return range(self.first_sample, self.first_sample + self.batch)


def record_bytes(job: Job) -> int:
    """Size of the memory that holds what a job records."""
    return recorder_bytes(job.network, job.recording, job.steps, job.batch)


def recorder_of(job: Job, memory: Any) -> Recorder:
    """The recorder of a job over a memory of `record_bytes`, the same in every process that maps it."""
    return recorder(job.network, job.recording, job.steps, job.batch, memory)


def write_job(job: Job, file: IO[bytes]) -> None:
    """Write a job: length of the JSON body, JSON body, tensors."""
    tensors: Tensors = {}
    body = {
        "network": flatten(job.network, "network", tensors),
        "drive": flatten(job.drive, "drive", tensors),
        "messages": job.recording.messages,
        "states": job.recording.states,
        "steps": job.steps,
        "first_sample": job.first_sample,
        "partition": job.partition,
    }
    text = json.dumps(body).encode()
    file.write(len(text).to_bytes(LENGTH_BYTES, "little") + text + save(tensors))


def read_job(file: IO[bytes]) -> Job:
    """Read a job."""
    length = int.from_bytes(file.read(LENGTH_BYTES), "little")
    body = json.loads(file.read(length))
    tensors = load(file.read())
    return Job(
        restore(body["network"], tensors),
        restore(body["drive"], tensors),
        body["steps"],
        Recording(restore(body["messages"], tensors), restore(body["states"], tensors)),
        body["first_sample"],
        body["partition"],
    )
