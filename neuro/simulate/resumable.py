"""A long run in segments on disk, so that it can be resumed after an interruption."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import content_hash, load_snapshot, load_trace, save_snapshot, save_trace
from quantal.neuro.network.trace import Recording, Snapshot, Trace, initial_snapshot
from quantal.neuro.simulate.drive import Drive, batch_size
from quantal.neuro.simulate.progress import Progress

JOB = "job.json"


@dataclass(frozen=True)
class Segments:
    """Segments of `every` steps, stored in a folder beside the output until the run is complete."""

    out: Path
    every: int
    resume: bool

    @property
    def folder(self) -> Path:
        """The folder of the segments."""
        return self.out.with_name(f"{self.out.name}.parts")

    def trace_path(self, first_step: int) -> Path:
        """The trace of the segment that starts at a step."""
        return self.folder / f"trace-{first_step:09d}.safetensors"

    @property
    def snapshot_path(self) -> Path:
        """The snapshot at which the next segment starts."""
        return self.folder / "snapshot.safetensors"


def run_in_segments(
    network: CountNetwork,
    drive: Drive,
    steps: int,
    recording: Recording,
    run: Callable[..., Trace],
    segments: Segments,
    progress: Progress,
) -> Trace:
    """Run all remaining segments and return the whole trace, also after an interruption."""
    start = open_run(segments, network, drive, steps)
    while start.step < steps:
        count = min(segments.every, steps - start.step)
        segment = run(network, steps_of(drive, start.step, count), count, recording, start=start)
        save_trace(segment, segments.trace_path(start.step))
        if segment.end is None:
            raise QuantalError("a run in segments needs a backend that takes snapshots", where=segment.backend)
        start = segment.end
        save_snapshot(start, segments.snapshot_path)
        progress(start.step, steps)
    trace = join([load_trace(segments.trace_path(first)) for first in range(0, steps, segments.every)])
    shutil.rmtree(segments.folder)
    return trace


def steps_of(drive: Drive, first: int, count: int) -> Drive:
    """Drive of `count` steps from `first`; constant drive is unchanged."""
    return {name: value[first : first + count] if value.ndim == 3 else value for name, value in drive.items()}


def open_run(segments: Segments, network: CountNetwork, drive: Drive, steps: int) -> Snapshot:
    """The snapshot to start from: the last one of the same run, or the initial state in an empty folder."""
    job = {**identity(network, drive), "steps": steps, "every": segments.every}
    if segments.resume and segments.snapshot_path.exists():
        check_same(segments, job)
        return load_snapshot(segments.snapshot_path)
    shutil.rmtree(segments.folder, ignore_errors=True)
    segments.folder.mkdir(parents=True)
    (segments.folder / JOB).write_text(json.dumps(job))
    return initial_snapshot(network, batch_size(drive))


def identity(network: CountNetwork, drive: Drive) -> dict[str, Any]:
    """Hashes of the network and its drive."""
    sha = hashlib.sha256()
    for name, value in sorted(drive.items()):
        sha.update(f"{name} {value.shape}".encode())
        sha.update(np.ascontiguousarray(value).data)
    return {"network": content_hash(network), "drive": sha.hexdigest()}


def check_same(segments: Segments, job: dict[str, Any]) -> None:
    """Refuse to resume a run with another network, drive or number of steps."""
    found = json.loads((segments.folder / JOB).read_text())
    different = [key for key in job if found.get(key) != job[key]]
    if different:
        raise QuantalError(
            "the snapshot belongs to another run",
            where=str(segments.folder),
            expected=", ".join(f"{key} {job[key]}" for key in different),
            got=", ".join(f"{key} {found.get(key)}" for key in different),
            hint="run without --resume, or with the network, samples and steps of the snapshot",
        )


def join(traces: list[Trace]) -> Trace:
    """Concatenate the messages of consecutive traces."""
    messages = {name: np.concatenate([trace.messages[name] for trace in traces]) for name in traces[0].messages}
    return replace(traces[0], messages=messages)
