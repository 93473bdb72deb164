"""NIR files in HDF5: read defensively, and written completely or not at all.

A file is reduced to plain numbers and texts before anything else sees it; nothing in it is executed.

A truncated file is always detected, but altered bytes may go unnoticed, because the format has no checksum. They can
also send the HDF5 library into an endless loop, so a file is first read to its end by a process that can be killed.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import nir

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.replace_file import replacement
from quantal.neuro.nir.file import tree as tree_program
from quantal.neuro.nir.file.tree import read_tree
from quantal.neuro.nir.nir_graph import NirGraph
from quantal.neuro.nir.package import checked, graph_of, to_nir, within

START_S, S_PER_MEGABYTE = 60.0, 1.0
"""Time limit for reading a file; most of it is for starting a process on a busy machine."""


def read_nir(path: str | Path) -> NirGraph:
    """Read a NIR file of any version that nir 1.0.8 reads."""
    if not Path(path).is_file():
        raise QuantalError("no such file", where=str(path), expected="a NIR file")
    check_reading_ends(path)
    with refusing(path):
        tree = read_tree(path)
        version = tree["version"] if isinstance(tree.get("version"), str) else ""
        return checked(graph_of(tree["node"], version))


def check_reading_ends(path: str | Path) -> None:
    """Check that reading the file ends, in a process that can be killed; other faults are found later."""
    seconds = START_S + S_PER_MEGABYTE * Path(path).stat().st_size / 2**20
    try:
        done = subprocess.run(
            [sys.executable, tree_program.__file__, str(path)], timeout=seconds, capture_output=True, check=False
        )
    except subprocess.TimeoutExpired:
        raise damaged(path, f"reading it took longer than {seconds:.0f} s") from None
    if done.returncode < 0:
        raise damaged(path, f"reading it ended with {signal.Signals(-done.returncode).name}")


def damaged(path: str | Path, what: str) -> QuantalError:
    """The error for a file that can't be read."""
    hint = "it was truncated, or is not a NIR file; write it again"
    return QuantalError("not a valid NIR file", where=str(path), got=what, hint=hint)


def write_nir(graph: NirGraph, path: str | Path) -> None:
    """Write a NIR file; an existing file is replaced only when the new one is complete."""
    theirs = to_nir(checked(graph))
    try:
        with replacement(Path(path)) as temporary:
            nir.write(temporary, theirs)
    except OSError as error:
        raise QuantalError("can't be written", where=str(path), got=str(error)) from error


@contextmanager
def refusing(path: str | Path) -> Generator[None]:
    """Turn any error while reading a file into a `QuantalError` that names it."""
    try:
        yield
    except QuantalError as error:
        raise within(str(path), error) from None
    except Exception as error:
        raise damaged(path, f"{type(error).__name__}: {error}".splitlines()[0][:200]) from error
