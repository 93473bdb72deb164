"""Replace a file completely or not at all, and clear up what a killed process left."""

from __future__ import annotations

import os
import platform
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


def replace_bytes(path: Path, data: bytes) -> None:
    """Write a file whose old content stays until the new one is on disk."""
    with replacement(path) as temporary, temporary.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def replacement(path: Path) -> Generator[Path]:
    """A temporary path beside the file; what stands there at the end takes the file's place, unless there was an error.

    What processes of this machine that are gone left beside the file is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in leftovers(path):
        left.unlink(missing_ok=True)
    temporary = path.with_name(f"{prefix(path)}{os.getpid()}.{uuid4().hex}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def prefix(path: Path) -> str:
    """How names of temporary files of this machine start; a process number means nothing on another."""
    return f".{path.name}.{platform.node()}."


def leftovers(path: Path) -> list[Path]:
    """Temporary files beside a file whose processes are gone."""
    start = prefix(path)
    found = [entry for entry in path.parent.iterdir() if entry.name.startswith(start)]
    return [entry for entry in found if is_gone(entry.name.removeprefix(start).partition(".")[0])]


def is_gone(process: str) -> bool:
    """Whether no process of this number runs; False where that can't be asked, as on Windows."""
    if os.name != "posix" or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False
