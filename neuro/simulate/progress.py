"""What a long job says of itself while it works: how much is done, and which part of it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

Progress = Callable[[int, int], None]
"""Called with what is done and what there is to do."""
Part = Callable[[str], AbstractContextManager[Progress]]
"""Opens a named part of a long job, and gives its progress."""


@contextmanager
def silent_part(name: str) -> Generator[Progress]:
    """A part that nobody watches."""
    yield lambda done, total: None


def scaled(progress: Progress, first: int, total: int) -> Progress:
    """Progress of a piece that begins at `first` of a job of `total`, both in the piece's own unit."""
    return lambda done, _: progress(first + done, total)
