"""A long run in pieces on disk, so that it can go on after it was stopped."""

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
class Pieces:
    """Pieces of `every` steps, in a folder beside the output until the run is done."""

    out: Path
    every: int
    resume: bool

    @property
    def folder(self) -> Path:
        """Where the pieces are."""
        return self.out.with_name(f"{self.out.name}.parts")

    def trace_path(self, first_step: int) -> Path:
        """The trace of the piece that begins at a step."""
        return self.folder / f"trace-{first_step:09d}.safetensors"

    @property
    def snapshot_path(self) -> Path:
        """Where the next piece begins."""
        return self.folder / "snapshot.safetensors"


def run_in_pieces(
    network: CountNetwork,
    drive: Drive,
    steps: int,
    recording: Recording,
    run: Callable[..., Trace],
    pieces: Pieces,
    progress: Progress,
) -> Trace:
    """The whole trace, whether or not the run was stopped in between."""
    start = opened(pieces, network, drive, steps)
    while start.step < steps:
        count = min(pieces.every, steps - start.step)
        piece = run(network, steps_of(drive, start.step, count), count, recording, start=start)
        save_trace(piece, pieces.trace_path(start.step))
        if piece.end is None:
            raise QuantalError("a run in pieces needs a backend that tells where it ended", where=piece.backend)
        start = piece.end
        save_snapshot(start, pieces.snapshot_path)
        progress(start.step, steps)
    whole = joined([load_trace(pieces.trace_path(first)) for first in range(0, steps, pieces.every)])
    shutil.rmtree(pieces.folder)
    return whole


def steps_of(drive: Drive, first: int, count: int) -> Drive:
    """External input of some steps; what is held for all steps stays as it is."""
    return {name: value[first : first + count] if value.ndim == 3 else value for name, value in drive.items()}


def opened(pieces: Pieces, network: CountNetwork, drive: Drive, steps: int) -> Snapshot:
    """Where to begin: at the last snapshot of this very run, else at its start with an empty folder."""
    job = {**identity(network, drive), "steps": steps, "every": pieces.every}
    if pieces.resume and pieces.snapshot_path.exists():
        check_same(pieces, job)
        return load_snapshot(pieces.snapshot_path)
    shutil.rmtree(pieces.folder, ignore_errors=True)
    pieces.folder.mkdir(parents=True)
    (pieces.folder / JOB).write_text(json.dumps(job))
    return initial_snapshot(network, batch_size(drive))


def identity(network: CountNetwork, drive: Drive) -> dict[str, Any]:
    """Hashes of what is run."""
    sha = hashlib.sha256()
    for name, value in sorted(drive.items()):
        sha.update(f"{name} {value.shape}".encode())
        sha.update(np.ascontiguousarray(value).data)
    return {"network": content_hash(network), "drive": sha.hexdigest()}


def check_same(pieces: Pieces, job: dict[str, Any]) -> None:
    """Refuse to go on with another run's pieces."""
    found = json.loads((pieces.folder / JOB).read_text())
    different = [key for key in job if found.get(key) != job[key]]
    if different:
        raise QuantalError(
            "the snapshot belongs to another run",
            where=str(pieces.folder),
            expected=", ".join(f"{key} {job[key]}" for key in different),
            got=", ".join(f"{key} {found.get(key)}" for key in different),
            hint="run without --resume, or with the network, samples and steps of the snapshot",
        )


def joined(traces: list[Trace]) -> Trace:
    """One trace of those that follow each other."""
    messages = {name: np.concatenate([trace.messages[name] for trace in traces]) for name in traces[0].messages}
    return replace(traces[0], messages=messages)
