"""The request that the host sends to the worker, as bytes without pickle."""

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
from quantal.neuro.simulate.trace_buffer import TraceBuffer, buffer_bytes, trace_buffer
from quantal.neuro.synapses import WEIGHTS
from quantal.neuro.synapses.plasticity import PLASTICITIES

LENGTH_BYTES = 8
KINDS: tuple[Registry[Any], ...] = (INTEGRATIONS, EMISSIONS, WEIGHTS, PLASTICITIES)


@dataclass(frozen=True, eq=False)
class RunRequest:
    """Arguments of a run on Lava."""

    network: CountNetwork
    drive: Drive
    steps: int
    recording: Recording
    first_sample: int
    partition: str

    @property
    def batch(self) -> int:
        """Number of samples."""
        return batch_size(self.drive)

    @property
    def samples(self) -> range:
        """Indices of the samples, which select their random draws."""
        return range(self.first_sample, self.first_sample + self.batch)


def trace_bytes(request: RunRequest) -> int:
    """Size of the memory that holds the trace of a run."""
    return buffer_bytes(request.network, request.recording, request.steps, request.batch)


def buffer_of(request: RunRequest, memory: Any) -> TraceBuffer:
    """The trace of a run as a view of `trace_bytes` of memory, shared by every process that maps it."""
    return trace_buffer(request.network, request.recording, request.steps, request.batch, memory)


def write_request(request: RunRequest, file: IO[bytes]) -> None:
    """Write a request: length of the JSON body, JSON body, tensors."""
    tensors: Tensors = {}
    body = {
        "network": flatten(request.network, "network", tensors),
        "drive": flatten(request.drive, "drive", tensors),
        "messages": request.recording.messages,
        "states": request.recording.states,
        "weights_every": request.recording.weights_every,
        "steps": request.steps,
        "first_sample": request.first_sample,
        "partition": request.partition,
        "kinds": [places(registry) for registry in KINDS],
    }
    text = json.dumps(body).encode()
    file.write(len(text).to_bytes(LENGTH_BYTES, "little") + text + save(tensors))


def read_request(file: IO[bytes]) -> RunRequest:
    """Read a request."""
    length = int.from_bytes(file.read(LENGTH_BYTES), "little")
    body = json.loads(file.read(length))
    tensors = load(file.read())
    for registry, kinds in zip(KINDS, body["kinds"], strict=True):
        add_missing(registry, kinds)
    parts = network_parts()
    return RunRequest(
        restore(body["network"], tensors, parts),
        restore(body["drive"], tensors, parts),
        body["steps"],
        Recording(
            restore(body["messages"], tensors, parts), restore(body["states"], tensors, parts), body["weights_every"]
        ),
        body["first_sample"],
        body["partition"],
    )


def places(registry: Registry[Any]) -> dict[str, str]:
    """`module:name` of each registered kind; one that the running script defines can't be imported, and is left out."""
    importable = [(name, kind) for name, kind in registry.items() if kind.__module__ != "__main__"]
    return {name: f"{kind.__module__}:{kind.__qualname__}" for name, kind in importable}


def add_missing(registry: Registry[Any], kinds: Mapping[str, str]) -> None:
    """Register the kinds that the host's program registered itself, without a plug-in."""
    for name, place in kinds.items():
        if name not in registry:
            registry.register(name, place)
