"""A long run in segments on disk, so that it can be resumed after an interruption."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import content_hash, load_snapshot, load_trace, save_snapshot, save_trace
from quantal.neuro.network.trace import Recording, Snapshot, Trace, initial_snapshot
from quantal.neuro.simulate.drive import Drive, batch_size
from quantal.neuro.simulate.memory import require_trace_memory
from quantal.neuro.simulate.progress import Progress
from quantal.neuro.simulate.run_folder import RunFolder, opened


@dataclass(frozen=True)
class Segments:
    """Segments of `every` steps, stored in a folder beside the output until the run is complete."""

    out: Path
    every: int
    resume: bool


def run_in_segments(
    network: CountNetwork,
    drive: Drive,
    steps: int,
    recording: Recording,
    run: Callable[..., Trace],
    segments: Segments,
    progress: Progress,
) -> Trace:
    """Run all remaining segments, also after an interruption; write the whole trace to `segments.out` and return it."""
    require_trace_memory(network, recording, steps, batch_size(drive))
    with opened(segments.out) as folder:
        job = {**identity(network, drive), "steps": steps, "every": segments.every, **recorded(network, recording)}
        job["weights_every"] = recording.weights_every
        start = start_of(folder, segments, job) or initial_snapshot(network, batch_size(drive))
        while start.step < steps:
            count = min(segments.every, steps - start.step)
            segment = run(network, steps_of(drive, start.step, count), count, recording, start=start)
            save_trace(segment, folder.trace_path(start.step))
            if segment.end is None:
                raise QuantalError("a run in segments needs a backend that takes snapshots", where=segment.backend)
            start = segment.end
            save_snapshot(start, folder.snapshot_path)
            progress(start.step, steps)
        trace = join([load_trace(folder.trace_path(first)) for first in range(0, steps, segments.every)])
        save_trace(trace, segments.out)
        folder.remove()
    return trace


def steps_of(drive: Drive, first: int, count: int) -> Drive:
    """Drive of `count` steps from `first`; constant drive is unchanged."""
    return {name: value[first : first + count] if value.ndim == 3 else value for name, value in drive.items()}


def start_of(folder: RunFolder, segments: Segments, job: Mapping[str, Any]) -> Snapshot | None:
    """The last snapshot of the same run; None, in an emptied folder, if it starts at the initial state."""
    if segments.resume and folder.snapshot_path.exists():
        folder.check_same(job)
        return load_snapshot(folder.snapshot_path)
    folder.start(job)
    return None


def recorded(network: CountNetwork, recording: Recording) -> dict[str, Any]:
    """What a run records, in a form that JSON keeps; empty for the messages of read-outs, or of all without any."""
    usual = Recording(tuple(entry.source for entry in network.readouts) or None, (), recording.weights_every)
    if recording == usual:
        return {}
    return {"recorded": json.loads(json.dumps([recording.messages, recording.states]))}


def identity(network: CountNetwork, drive: Drive) -> dict[str, Any]:
    """Hashes of the network and its drive."""
    sha = hashlib.sha256()
    for name, value in sorted(drive.items()):
        sha.update(f"{name} {value.shape}".encode())
        sha.update(np.ascontiguousarray(value).data)
    return {"network": content_hash(network), "drive": sha.hexdigest()}


def join(traces: list[Trace]) -> Trace:
    """Concatenate the messages, states and recorded weights of consecutive traces."""
    messages = {name: np.concatenate([trace.messages[name] for trace in traces]) for name in traces[0].messages}
    states = {
        name: {state: np.concatenate([trace.states[name][state] for trace in traces]) for state in of_population}
        for name, of_population in traces[0].states.items()
    }
    weights = {name: np.concatenate([trace.weights[name] for trace in traces]) for name in traces[0].weights}
    steps = np.concatenate([trace.weight_steps for trace in traces])
    return replace(traces[0], messages=messages, states=states, weights=weights, weight_steps=steps)
