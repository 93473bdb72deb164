"""NIR files: HDF5, read with every doubt and written whole or not at all.

A file is taken apart as plain numbers and texts before anything else sees it; nothing in it is executed.

A cut file is always told. One with bytes changed inside mostly is, but it can send the HDF5 library itself round a loop
that nothing in this process can end: files have no checksum.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import h5py
import nir

from neuro.errors import QuantalError
from neuro.exchange.nir_graph import NirGraph
from neuro.exchange.nir_package import checked, graph_of, text, to_nir, within

DEFLATE = 1032
"""Most bytes that one byte of a deflated stream can stand for, by the format (RFC 1951: 258 bytes in 2 bits)."""
SMALL = 2**20
"""Bytes that any file may unfold to."""


def read_nir(path: str | Path) -> NirGraph:
    """Read a NIR file of any version that nir 1.0.8 reads."""
    if not Path(path).is_file():
        raise QuantalError("no such file", where=str(path), expected="a NIR file")
    with refusing(path):
        with h5py.File(path, "r") as file:
            tree = plain(file, max(SMALL, DEFLATE * Path(path).stat().st_size))
        version = tree["version"] if isinstance(tree.get("version"), str) else ""
        return checked(graph_of(tree["node"], version))


def write_nir(graph: NirGraph, path: str | Path) -> None:
    """Write a NIR file; an existing one is replaced only when the new one is whole."""
    made = to_nir(checked(graph))
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            nir.write(temporary, made)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise QuantalError("can't be written", where=str(path), got=str(error)) from error


def plain(group: h5py.Group, room: int) -> dict[str, Any]:
    """A group as plain mappings of numbers and texts, never outside of this file or larger than it can be."""
    tree: dict[str, Any] = {}
    for key in map(str, group):
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise ValueError(f"{key} points outside of its group")
        item = group[key]
        tree[key] = plain(item, room) if isinstance(item, h5py.Group) else stored(item, room)
    return tree


def stored(dataset: Any, room: int) -> Any:
    """Numbers or texts of a dataset."""
    if (
        dataset.dtype.kind not in "biufSO"
        or dataset.nbytes > room
        or (dataset.dtype.kind == "O" and not is_text(dataset))
    ):
        raise ValueError(f"{dataset.name} holds {dataset.dtype} {dataset.shape}")
    value = dataset[()]
    return text(value) if isinstance(value, bytes) else value


def is_text(dataset: Any) -> bool:
    """Whether objects are texts of any length."""
    return h5py.check_string_dtype(dataset.dtype) is not None


@contextmanager
def refusing(path: str | Path) -> Generator[None]:
    """Turn whatever goes wrong while a file is taken apart into the one error for it."""
    try:
        yield
    except QuantalError as error:
        raise within(str(path), error) from None
    except Exception as error:
        raise QuantalError(
            "not a whole NIR file",
            where=str(path),
            got=f"{type(error).__name__}: {error}".splitlines()[0][:200],
            hint="it was cut short, or made by something else; write it again",
        ) from error
