"""Work on chunks of a batch, one core each.

Torch's own threads meet after every operation; where other programs want the same cores, they spend their time
waiting for each other (measured: 504 s of CPU instead of 36 s). Chunks meet once for many operations. Their size is
fixed, so sums are added in one order and results don't depend on the number of cores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")
InOrder = Callable[[Callable[[Chunk], Result], Iterable[Chunk]], Iterator[Result]]

CHUNK = 100
"""Samples in a chunk."""


@contextmanager
def one_thread() -> Iterator[int]:
    """Torch works in the caller's thread alone; gives the number of threads that it had.

    Its other threads look for work for a while after each operation, on cores that someone else could use.
    """
    cores = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield cores
    finally:
        torch.set_num_threads(cores)


@contextmanager
def chunk_workers() -> Iterator[InOrder]:
    """A `map` that works on as many chunks at once as torch had threads, and gives results in order."""
    with one_thread() as cores, ThreadPoolExecutor(cores) as pool:
        yield pool.map
