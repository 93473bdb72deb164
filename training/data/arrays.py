"""A user's `.npy` or `.npz` file, read without pickle and checked."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from tokenize import TokenError

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.errors import QuantalError

Array = NDArray[np.generic]
Floats = NDArray[np.float32]

SAMPLE_NAMES = ("x", "x_train", "data")
"""Names under which an `.npz` file may hold its samples, in order of preference."""

READ_ERRORS = (
    *(OSError, ValueError, EOFError, LookupError, TypeError, SyntaxError, MemoryError, ArithmeticError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, struct.error, TokenError),
)
"""What NumPy may raise for a file that is truncated, edited, or not of the type that its suffix claims."""


def read_array(path: Path) -> Floats:
    """The samples of a file: `(samples, features)` or `(samples, height, width)`, finite.

    Raises `QuantalError` for a file that is missing, truncated, pickled, ambiguous, or of another shape or type.
    """
    if not path.is_file():
        raise QuantalError("no such file or folder", where=str(path))
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise QuantalError(
            "unknown kind of file",
            where=str(path),
            expected=".npy, .npz, .png, .jpg or a folder of images",
            got=path.suffix or "no suffix",
        )
    try:
        array = reader(path)
    except READ_ERRORS as error:
        raise unreadable(path, str(error)) from error
    return checked_samples(array, path)


def read_npy(path: Path) -> Array:
    """The array in an `.npy` file."""
    with path.open("rb") as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def read_npz(path: Path) -> Array:
    """The array of an `.npz` file with a name in `SAMPLE_NAMES`, or else the only one of a suitable shape."""
    with path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as archive:
        named = [name for name in SAMPLE_NAMES if name in archive.files]
        if named:
            return archive[named[0]]
        suitable = [name for name in archive.files if archive[name].ndim in (2, 3)]
        if len(suitable) == 1:
            return archive[suitable[0]]
        raise QuantalError(
            "can't tell which array holds the samples",
            where=str(path),
            expected=f"one array of two or three dimensions, or one named {' or '.join(SAMPLE_NAMES)}",
            got=", ".join(archive.files) or "no array",
        )


READERS: dict[str, Callable[[Path], Array]] = {".npy": read_npy, ".npz": read_npz}


def unreadable(path: Path, reason: str) -> QuantalError:
    """The error for a damaged or pickled file."""
    if "allow_pickle" in reason:
        hint = "save plain numbers; pickled objects are never loaded"
        return QuantalError("holds Python objects", where=str(path), expected="an array of numbers", hint=hint)
    first = reason.splitlines()[0] if reason else "the file ends early"
    return QuantalError("the array can't be read", where=str(path), got=first[:200], hint="is the file complete?")


def checked_samples(array: Array, path: Path) -> Floats:
    """The array in single precision, if its type, its shape and all its numbers are valid."""
    if array.dtype.kind not in "buif":
        raise QuantalError("wrong type of numbers", where=str(path), expected="real numbers", got=str(array.dtype))
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise QuantalError(
            "wrong shape",
            where=str(path),
            expected="(samples, features) or (samples, height, width)",
            got=str(array.shape),
        )
    with np.errstate(over="ignore"):
        numbers = array.astype(np.float32)
    bad = np.argwhere(~np.isfinite(numbers))
    if len(bad):
        index = tuple(int(i) for i in bad[0])
        raise QuantalError(
            "not a finite number",
            where=f"{path}{list(index)}",
            expected="finite numbers of magnitude at most 3e38",
            got=str(array[index]),
        )
    return numbers
