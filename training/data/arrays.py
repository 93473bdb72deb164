"""A user's `.npy` or `.npz` file, read without pickle and checked."""

from __future__ import annotations

import math
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.errors import QuantalError
from quantal.neuro.simulate.memory import require_memory

Array = NDArray[np.generic]
Header = tuple[tuple[int, ...], np.dtype[Any]]
"""Shape and type of an array."""
Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Pixels = NDArray[np.uint8]

SAMPLE_NAMES, LABEL_NAMES = ("x", "x_train", "data"), ("y", "y_train", "labels")
"""Names under which an `.npz` file may hold its samples and their classes, in order of preference."""
NUMBERS = ("no", "one", "two", "three")


@dataclass(frozen=True)
class Wanted:
    """Which array of a file is read: its names in order of preference, or else the only one of these dimensions."""

    noun: str
    names: Sequence[str]
    dimensions: tuple[int, ...]

    @property
    def shapes(self) -> str:
        """The dimensions in words."""
        numbers = " or ".join(NUMBERS[number] for number in self.dimensions)
        return f"{numbers} {'dimension' if self.dimensions == (1,) else 'dimensions'}"


SAMPLES = Wanted("samples", SAMPLE_NAMES, (2, 3))

HEADER_READERS: dict[tuple[int, int], Callable[[IO[bytes]], Any]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
"""By version of the format; the third, for names of fields outside Latin, holds no plain numbers."""
COPY_BYTES = 5
"""What checking a number takes beside itself: a copy in single precision, and whether it is finite."""

READ_ERRORS = (
    *(OSError, ValueError, EOFError, LookupError, TypeError, SyntaxError, MemoryError, ArithmeticError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, struct.error, TokenError),
)
"""What NumPy may raise for a file that is truncated, edited, or not of the type that its suffix claims."""


def read_array(path: Path) -> Floats:
    """The samples of a file: `(samples, features)` or `(samples, height, width)`, finite.

    Raises `QuantalError` for a file that is missing, truncated, pickled, ambiguous, or of another shape or type.
    """
    return checked_samples(read_unchecked(path, SAMPLES), path)


def read_labels(path: Path, names: Sequence[str] = LABEL_NAMES) -> Integers:
    """The classes in a file, whole numbers `(samples,)`; of an `.npz` file the first array with one of these names."""
    labels = read_unchecked(path, Wanted("labels", names, (1,)))
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        got = f"{labels.dtype} {labels.shape}"
        raise QuantalError("not labels", where=str(path), expected="whole numbers (samples,)", got=got)
    return labels.astype(np.int64)


def read_pictures(path: Path, names: Sequence[str] = SAMPLE_NAMES) -> Pixels | None:
    """The bytes of pictures in a file, `(samples, …)`; `None` if it holds anything else."""
    if path.suffix.lower() not in READERS:
        return None
    array = read_unchecked(path, Wanted("samples", names, (2, 3)))
    return array.astype(np.uint8, copy=False) if array.dtype == np.uint8 else None


def read_unchecked(path: Path, wanted: Wanted) -> Array:
    """An array of a file, of any shape and type."""
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
        return reader(path, wanted)
    except READ_ERRORS as error:
        raise unreadable(path, str(error)) from error


def header_of(file: IO[bytes]) -> Header:
    """Shape and type of the array in an open `.npy` file, of whose numbers nothing is read."""
    shape, _, dtype = HEADER_READERS[np.lib.format.read_magic(file)](file)
    return shape, dtype


def headers_of(archive: Any) -> dict[str, Header]:
    """Shape and type of each array of an open `.npz` file by name."""
    found: dict[str, Header] = {}
    for name in archive.files:
        if f"{name}.npy" in archive.zip.namelist():
            with archive.zip.open(f"{name}.npy") as file:
                found[name] = header_of(file)
    return found


def check_size(header: Header, path: Path) -> None:
    """Refuse an array that does not fit into memory, of which a small compressed file may hold any size."""
    shape, dtype = header
    size_bytes = math.prod(shape) * (dtype.itemsize + COPY_BYTES)
    hint = "save it in several files, or fewer samples"
    require_memory(size_bytes, f"an array of shape {shape}", str(path), hint)


def read_npy(path: Path, wanted: Wanted) -> Array:
    """The array in an `.npy` file, whatever it is called."""
    with path.open("rb") as file:
        check_size(header_of(file), path)
        file.seek(0)
        return np.lib.format.read_array(file, allow_pickle=False)


def read_npz(path: Path, wanted: Wanted) -> Array:
    """The first array of an `.npz` file with a wanted name, or else the only one of a suitable shape."""
    with path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as archive:
        headers = headers_of(archive)
        named = [name for name in wanted.names if name in headers]
        suitable = named[:1] or [name for name, (shape, _) in headers.items() if len(shape) in wanted.dimensions]
        if len(suitable) == 1:
            check_size(headers[suitable[0]], path)
            return archive[suitable[0]]
        raise QuantalError(
            f"can't tell which array holds the {wanted.noun}",
            where=str(path),
            expected=f"one array of {wanted.shapes}, or one named {' or '.join(wanted.names)}",
            got=", ".join(archive.files) or "no array",
        )


READERS: dict[str, Callable[[Path, Wanted], Array]] = {".npy": read_npy, ".npz": read_npz}


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
