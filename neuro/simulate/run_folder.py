"""The folder in which a long run keeps its segments: locked by one run, and emptied of its own files only."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.replace_file import replace_bytes

JOB, SNAPSHOT, LOCK = "job.json", "snapshot.safetensors", "lock"
FILE = r"(job\.json|lock|snapshot\.safetensors|trace-\d{9,}\.safetensors)"
OWN = re.compile(rf"{FILE}|\.{FILE}\..+")
"""Names of the files of a run, and of the temporary files that a killed run leaves, which start with a dot."""
JOB_KEYS = {"network", "drive", "steps", "every"}


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run."""

    path: Path

    @property
    def snapshot_path(self) -> Path:
        """The snapshot at which the next segment starts."""
        return self.path / SNAPSHOT

    def trace_path(self, first_step: int) -> Path:
        """The trace of the segment that starts at a step."""
        return self.path / f"trace-{first_step:09d}.safetensors"

    def start(self, job: Mapping[str, Any]) -> None:
        """Remove the segments of an earlier run, and note which run this is."""
        self.remove_segments()
        replace_bytes(self.path / JOB, json.dumps(job).encode())

    def check_same(self, job: Mapping[str, Any]) -> None:
        """Refuse to resume a run with another network, drive, number of steps or record."""
        found = job_in(self.path)
        different = [key for key in {**job, **found} if found.get(key) != job.get(key)]
        if different:
            raise QuantalError(
                "the snapshot belongs to another run",
                where=str(self.path),
                expected=", ".join(f"{key} {job.get(key)}" for key in different),
                got=", ".join(f"{key} {found.get(key)}" for key in different),
                hint="run without --resume, or with the network, samples and steps of the snapshot",
            )

    def remove_segments(self) -> None:
        """Remove what runs wrote, except the lock."""
        for entry in self.path.iterdir():
            if OWN.fullmatch(entry.name) and entry.name != LOCK:
                entry.unlink()

    def remove(self) -> None:
        """Remove the folder, unless something that is not of this run was put there meanwhile."""
        self.remove_segments()
        (self.path / LOCK).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.path.rmdir()


@contextmanager
def opened(out: Path) -> Generator[RunFolder]:
    """The folder `OUT.parts`, made if need be, which no other run can use until this one ends, however it ends."""
    folder = out.with_name(f"{out.name}.parts")
    check_own(folder)
    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(folder / LOCK, blocking=False))
        except Timeout:
            raise QuantalError(
                "another run writes there now", where=str(folder), hint="wait until it ends, or choose another --out"
            ) from None
        except OSError as error:
            raise QuantalError("can't be written", where=str(folder), got=str(error)) from error
        yield RunFolder(folder)


def check_own(folder: Path) -> None:
    """Refuse a folder that holds anything that no run wrote."""
    if not folder.is_dir():
        return
    allowed = is_own if job_in(folder).keys() >= JOB_KEYS else is_from_start
    foreign = sorted(entry.name for entry in folder.iterdir() if not allowed(entry))
    if foreign:
        raise QuantalError(
            "the folder in which the run would keep its segments holds other files",
            where=str(folder),
            got=", ".join(foreign[:3]),
            hint="move them away, or choose another --out",
        )


def is_own(entry: Path) -> bool:
    """Whether a run may have written an entry of its folder."""
    return OWN.fullmatch(entry.name) is not None and not entry.is_dir()


def is_from_start(entry: Path) -> bool:
    """Whether a run may have written it before it noted which run it is: its empty lock, and temporary files."""
    return is_own(entry) and (entry.name.startswith(".") or (entry.name == LOCK and entry.stat().st_size == 0))


def job_in(folder: Path) -> dict[str, Any]:
    """Which run a folder belongs to; empty if its note can't be read."""
    try:
        job = json.loads((folder / JOB).read_text())
    except (OSError, ValueError):
        return {}
    return job if isinstance(job, dict) else {}
