"""Find the processes of this machine that belong to a run: those that inherited a mark in their environment."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

MARK = "QUANTAL_TEST_MARK"
SHARED_MEMORY = Path("/dev/shm")


def marked_processes(mark: str) -> set[int]:
    """IDs of the running processes that were started with the mark, and of their forks."""
    wanted = f"{MARK}={mark}".encode()
    return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and wanted in environ(entry)}


def environ(entry: Path) -> bytes:
    try:
        return (entry / "environ").read_bytes()
    except OSError:
        return b""


def segments() -> set[str]:
    """Names of all shared-memory segments."""
    return set(os.listdir(SHARED_MEMORY)) if SHARED_MEMORY.is_dir() else set()


def eventually(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Whether a condition becomes true within a time limit."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
