"""Training samples: photographs, which are whitened and cut into patches, or arrays, which are used unchanged."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.errors import QuantalError
from quantal.training.data import photographs
from quantal.training.data.arrays import read_array
from quantal.training.data.whitening import tiles, whiten

Floats = NDArray[np.floating]
Floats32 = NDArray[np.float32]

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")
LARGEST_SAMPLE_PIXELS = 64
"""Images of an array with a longer side are cut into tiles."""

FLATTEST_SHARE = 0.3
"""Share of patches that is dropped: those of lowest contrast, for which R² is meaningless."""

HELD_OUT_SHARE = 0.2
"""Share of a user's samples that are not trained on."""

MIN_SAMPLES = 10


@dataclass(frozen=True)
class Samples:
    """Samples for training and for evaluation.

    `train` and `held_out` are `(samples, features)`; `shape` is that of one sample, whose product is the number of
    features; `source` describes their origin. Held-out samples are in random order, so the first ones are
    representative.
    """

    train: Floats32
    held_out: Floats32
    shape: tuple[int, ...]
    source: str

    def digest(self) -> str:
        """SHA-256 of the training samples and the shape."""
        sha = hashlib.sha256(f"{self.train.shape} {self.shape}".encode())
        sha.update(np.ascontiguousarray(self.train).data)
        return sha.hexdigest()


def load_samples(source: str | Path | None = None, patch_side: int = 16, seed: int = 0) -> Samples:
    """Samples from a file, a folder, or the photographs that come with this package.

    Parameters
    ----------
    source
        - None: the free photographs of `training.data.photographs`, of which four are held out.
        - a folder of PNG or JPEG files, or one such file: log-intensity, whitened, cut into patches, the flattest
          30 % dropped. A fifth of the photographs is held out, or of the patches if there is only one photograph.
        - a `.npy` or `.npz` file: `(samples, features)` or `(samples, height, width)`, used unchanged. A fifth is held
          out. Images with a side over 64 pixels are cut into patches. An `.npz` file must hold only one such array, or
          name it `x`, `x_train` or `data`. Constant samples have no R² and are dropped.
    patch_side
        Side of the square patches in pixels, 2 to 64.
    seed
        Seed by which held-out samples are drawn.

    Raises `QuantalError` for anything that can't be read or used.
    """
    if not 2 <= patch_side <= LARGEST_SAMPLE_PIXELS:
        raise QuantalError("patch side out of range", expected="2 to 64 pixels", got=str(patch_side))
    if source is None:
        training, held_out = photographs.paths("training"), photographs.paths("held-out")
        name = f"{len(training) + len(held_out)} free photographs, whitened"
        return from_photographs(training, held_out, patch_side, name)
    path = Path(source)
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        return from_images(image_paths(path), patch_side, seed, f"{path.name}, whitened")
    return from_array(path, patch_side, seed)


def every_sample(source: str | Path, patch_side: int = 16) -> Floats:
    """All samples of a file or a folder in their order, `(samples, features)`: none held out, none dropped.

    `source` and `patch_side` are as for `load_samples`; images become disjoint patches.
    """
    path = Path(source)
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        return np.concatenate([patches(image, patch_side) for image in image_paths(path)])
    return rows_of(path, patch_side)[0]


def image_paths(path: Path) -> list[Path]:
    """The PNG and JPEG files of a folder, sorted by name, or the one file."""
    if path.is_file():
        return [path]
    if not path.exists():
        raise QuantalError("no such file or folder", where=str(path))
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES)
    if not found:
        what = "no images in the folder" if any(path.iterdir()) else "the folder is empty"
        raise QuantalError(what, where=str(path), expected="PNG or JPEG files")
    for file in found:
        # Opening anything else, such as a named pipe, may never return.
        if not file.is_file():
            raise QuantalError("not a file", where=str(file), expected="a PNG or JPEG file")
    return found


def from_images(paths: Sequence[Path], side: int, seed: int, source: str) -> Samples:
    """Patches of a user's photographs, some of which are held out, or some patches of a single photograph."""
    if len(paths) == 1:
        return split(drop_flattest(patches(paths[0], side)), (side, side), seed, source)
    order = np.random.default_rng(seed).permutation(len(paths))
    held_out = sorted(order[: max(1, round(HELD_OUT_SHARE * len(paths)))])
    training = [path for index, path in enumerate(paths) if index not in held_out]
    return from_photographs(training, [paths[index] for index in held_out], side, source)


def from_photographs(training: Sequence[Path], held_out: Sequence[Path], side: int, source: str) -> Samples:
    """Patches of two lists of photographs: overlapping by half for training, disjoint and shuffled for evaluation."""
    half = side // 2
    shifts = ((0, 0), (half, half), (0, half), (half, 0))
    train = drop_flattest(np.concatenate([patches(path, side, shifts) for path in training]))
    held_out_patches = drop_flattest(np.concatenate([patches(path, side) for path in held_out]))
    order = np.random.default_rng(0).permutation(len(held_out_patches))
    return checked(train, held_out_patches[order], (side, side), source)


def patches(path: Path, side: int, shifts: Sequence[tuple[int, int]] = ((0, 0),)) -> Floats:
    """Whitened patches of one photograph, `(patches, side * side)`."""
    intensity = photographs.read_grey(path)
    if min(intensity.shape) < 2 * side:
        raise QuantalError(
            "the image is too small",
            where=str(path),
            expected=f"at least {2 * side} pixels a side",
            got="x".join(map(str, reversed(intensity.shape))),
        )
    return tiles(whiten(intensity, str(path)), side, shifts)


def drop_flattest(patches: Floats) -> Floats:
    """The patches without those of lowest contrast."""
    contrast = patches.std(axis=1)
    return patches[contrast > np.quantile(contrast, FLATTEST_SHARE)]


def from_array(path: Path, side: int, seed: int) -> Samples:
    """Samples from a user's array; constant ones are dropped, because they have no R²."""
    rows, shape = rows_of(path, side)
    return split(rows[np.ptp(rows, axis=1) > 0], shape, seed, path.name)


def rows_of(path: Path, side: int) -> tuple[Floats, tuple[int, ...]]:
    """`(samples, features)` and the shape of a sample: each row or small image of an array, large images in tiles."""
    array = read_array(path)
    shape = array.shape[1:]
    if len(shape) == 2 and max(shape) > LARGEST_SAMPLE_PIXELS:
        array, shape = np.concatenate([tiling_of(image, side, path) for image in array]), (side, side)
    return array.reshape(len(array), -1), shape


def tiling_of(image: Floats, side: int, path: Path) -> Floats:
    """Disjoint tiles of one image of an array, not whitened."""
    if min(image.shape) < side:
        raise QuantalError("images are smaller than a patch", where=str(path), expected=f"at least {side} pixels")
    return tiles(image, side)


def split(rows: Floats, shape: tuple[int, ...], seed: int, source: str) -> Samples:
    """Samples with a fifth of the rows held out, drawn by the seed."""
    order = np.random.default_rng(seed).permutation(len(rows))
    held_out_count = round(HELD_OUT_SHARE * len(rows))
    return checked(rows[order[held_out_count:]], rows[order[:held_out_count]], shape, source)


def checked(train: Floats, held_out: Floats, shape: tuple[int, ...], source: str) -> Samples:
    """Samples in single precision; too few are a `QuantalError`."""
    count = len(train) + len(held_out)
    if count < MIN_SAMPLES:
        raise QuantalError(
            "too few samples",
            where=source,
            expected=f"at least {MIN_SAMPLES} that aren't constant",
            got=str(count),
        )
    return Samples(train.astype(np.float32), held_out.astype(np.float32), shape, source)
