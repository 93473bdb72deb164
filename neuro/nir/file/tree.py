"""The content of an HDF5 file, as plain mappings of numbers and texts.

Run as a program, it only reads a file to its end. Altered bytes in a file can send the HDF5 library into an endless
loop that nothing in the same process can interrupt.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import h5py

DEFLATE = 1032
"""Largest number of bytes that one byte of a deflated stream can encode (RFC 1951: 258 bytes in 2 bits)."""
SMALL = 2**20
"""Number of bytes that any file may decompress to, however small it is."""

Tree = dict[str, Any]


def read_tree(path: str | Path) -> Tree:
    """Everything in a file; what is stored in other files, or larger than the file can hold, is refused."""
    with h5py.File(path, "r") as file:
        return plain(file, max(SMALL, DEFLATE * Path(path).stat().st_size))


def plain(group: h5py.Group, room: int) -> Tree:
    """A group."""
    tree: Tree = {}
    for key in map(str, group):
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise ValueError(f"{key} points outside its group")
        item = group[key]
        tree[key] = plain(item, room) if isinstance(item, h5py.Group) else stored(item, room)
    return tree


def stored(dataset: Any, room: int) -> Any:
    """Numbers or texts of a dataset, which must be in the file itself."""
    if dataset.external or dataset.is_virtual:
        raise ValueError(f"{dataset.name} is stored in another file")
    if (
        dataset.dtype.kind not in "biufSO"
        or dataset.nbytes > room
        or (dataset.dtype.kind == "O" and not is_text(dataset))
    ):
        raise ValueError(f"{dataset.name} holds {dataset.dtype} {dataset.shape}")
    value = dataset[()]
    return text(value) if isinstance(value, bytes) else value


def is_text(dataset: Any) -> bool:
    """Whether a dataset of objects holds texts of variable length."""
    return h5py.check_string_dtype(dataset.dtype) is not None


def text(value: Any) -> str:
    """A text, which HDF5 may return as bytes."""
    return value.decode("utf8") if isinstance(value, bytes) else str(value)


if __name__ == "__main__":
    read_tree(sys.argv[1])
