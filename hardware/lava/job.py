"""What the worker is told, as bytes without pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from safetensors.numpy import load, save

from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import Tensors, flatten, network_parts, restore
from quantal.neuro.network.trace import Recording
from quantal.neuro.neurons import EMISSIONS, INTEGRATIONS
from quantal.neuro.registry import Registry
from quantal.neuro.simulate.drive import Drive, batch_size
from quantal.neuro.simulate.recorder import Recorder, recorder, recorder_bytes
from quantal.neuro.synapses import WEIGHTS

LENGTH_BYTES = 8
KINDS: tuple[Registry[Any], ...] = (INTEGRATIONS, EMISSIONS, WEIGHTS)


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
        "kinds": [places(registry) for registry in KINDS],
    }
    text = json.dumps(body).encode()
    file.write(len(text).to_bytes(LENGTH_BYTES, "little") + text + save(tensors))


def read_job(file: IO[bytes]) -> Job:
    """Read a job."""
    length = int.from_bytes(file.read(LENGTH_BYTES), "little")
    body = json.loads(file.read(length))
    tensors = load(file.read())
    for registry, kinds in zip(KINDS, body["kinds"], strict=True):
        add_missing(registry, kinds)
    parts = network_parts()
    return Job(
        restore(body["network"], tensors, parts),
        restore(body["drive"], tensors, parts),
        body["steps"],
        Recording(restore(body["messages"], tensors, parts), restore(body["states"], tensors, parts)),
        body["first_sample"],
        body["partition"],
    )


def places(registry: Registry[Any]) -> dict[str, str]:
    """Where each registered kind can be imported from; what the running script defines can't be."""
    importable = [(name, kind) for name, kind in registry.items() if kind.__module__ != "__main__"]
    return {name: f"{kind.__module__}:{kind.__qualname__}" for name, kind in importable}


def add_missing(registry: Registry[Any], kinds: Mapping[str, str]) -> None:
    """Register what the host's program registered itself, outside of any plug-in."""
    for name, place in kinds.items():
        if name not in registry:
            registry.register(name, place)
