"""Progress of a long job: its current part, and how much of that is done."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

Progress = Callable[[int, int], None]
"""Called with the amount done and the total."""
Part = Callable[[str], AbstractContextManager[Progress]]
"""Opens a named part of a long job, and yields its progress."""


@contextmanager
def silent_part(name: str) -> Generator[Progress]:
    """A part whose progress is not shown."""
    yield lambda done, total: None


def scaled(progress: Progress, first: int, total: int) -> Progress:
    """Progress of a segment that starts at `first` of `total`, in the same units."""
    return lambda done, _: progress(first + done, total)
