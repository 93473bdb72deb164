from __future__ import annotations

import contextlib
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from quantal.neuro.errors import QuantalError
from quantal.training.data import photographs
from quantal.training.data.samples import Samples, every_sample, load_samples, patches


@pytest.fixture(scope="module")
def free_photographs() -> Samples:
    return load_samples()


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def save_images(folder: Path, count: int, side: int = 80) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        pixels = np.random.default_rng(number).integers(0, 256, (side, side), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def rows_of(samples: np.ndarray) -> set[bytes]:
    return {row.tobytes() for row in samples}


def error_of(source: Path, **options: int) -> str:
    with pytest.raises(QuantalError) as caught:
        load_samples(source, **options)
    return str(caught.value).replace(str(source), "SOURCE")


def test_free_photographs(free_photographs: Samples) -> None:
    assert free_photographs.shape == (16, 16)
    assert free_photographs.train.dtype == np.float32
    assert len(free_photographs.train) > 50_000
    assert len(free_photographs.held_out) > 1000
    assert free_photographs.source == "19 free photographs, whitened"
    assert not rows_of(free_photographs.train) & rows_of(free_photographs.held_out)


def test_the_first_held_out_patches_come_from_all_photographs(free_photographs: Samples) -> None:
    first = rows_of(free_photographs.held_out[:500])
    for path in photographs.paths("held-out"):
        assert len(first & rows_of(patches(path, 16).astype(np.float32))) > 30


def test_patches_of_lowest_contrast_are_dropped(free_photographs: Samples) -> None:
    every = np.concatenate([patches(path, 16) for path in photographs.paths("held-out")])
    assert len(free_photographs.held_out) / len(every) == pytest.approx(0.7, abs=0.001)
    lowest, contrast = free_photographs.held_out.std(axis=1).min(), np.sort(every.std(axis=1))
    assert lowest == pytest.approx(contrast[-len(free_photographs.held_out)], rel=1e-4)


def test_whitened_patches_have_almost_no_mean(free_photographs: Samples) -> None:
    """The share of energy in the means of patches is 0.86 in log-intensity and 0.05 after whitening."""
    of_mean = np.square(free_photographs.train.mean(axis=1)).mean() / np.square(free_photographs.train).mean()
    assert of_mean < 0.1


def test_images_are_held_out_whole(tmp_path: Path) -> None:
    folder = save_images(tmp_path / "images", 6)
    samples = load_samples(folder, patch_side=8)
    held_out = [
        n for n in range(6) if rows_of(patches(folder / f"{n}.png", 8).astype(np.float32)) & rows_of(samples.held_out)
    ]
    trained = [
        n for n in range(6) if rows_of(patches(folder / f"{n}.png", 8).astype(np.float32)) & rows_of(samples.train)
    ]
    assert (len(held_out), len(trained)) == (1, 5)
    assert not set(held_out) & set(trained)


def test_one_image_is_split_by_patches(tmp_path: Path) -> None:
    folder = save_images(tmp_path / "images", 1, side=168)
    from_folder, from_file = load_samples(folder), load_samples(folder / "0.png")
    assert np.array_equal(from_folder.train, from_file.train)
    assert (len(from_folder.train), len(from_folder.held_out)) == (56, 14)
    assert not rows_of(from_folder.train) & rows_of(from_folder.held_out)


def test_arrays_are_used_unchanged(tmp_path: Path) -> None:
    array = noise(50, 7)
    np.save(tmp_path / "a.npy", array)
    samples = load_samples(tmp_path / "a.npy", seed=3)
    assert samples.shape == (7,)
    assert (len(samples.train), len(samples.held_out)) == (40, 10)
    assert rows_of(np.concatenate([samples.train, samples.held_out])) == rows_of(array.astype(np.float32))


def test_the_split_follows_the_seed(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", noise(50, 7))
    first, same, other = (load_samples(tmp_path / "a.npy", seed=seed) for seed in (1, 1, 2))
    assert first.digest() == same.digest()
    assert first.digest() != other.digest()


def test_small_images_of_an_array_are_samples(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(20 * 6 * 5, dtype=np.uint8).reshape(20, 6, 5))
    samples = load_samples(tmp_path / "a.npy")
    assert (samples.shape, samples.train.shape) == ((6, 5), (16, 30))


def test_large_images_of_an_array_are_cut(tmp_path: Path) -> None:
    array = noise(2, 70, 40)
    np.save(tmp_path / "a.npy", array)
    samples = load_samples(tmp_path / "a.npy", patch_side=8)
    assert samples.shape == (8, 8)
    assert len(samples.train) + len(samples.held_out) == 2 * 8 * 5
    assert array[0, :8, 8:16].astype(np.float32).tobytes() in rows_of(np.concatenate([samples.train, samples.held_out]))


def test_constant_samples_are_left_out(tmp_path: Path) -> None:
    array = noise(30, 6)
    array[4], array[9] = 0, 2
    np.save(tmp_path / "a.npy", array)
    samples = load_samples(tmp_path / "a.npy")
    assert len(samples.train) + len(samples.held_out) == 28


def test_every_patch_of_every_image_in_order(tmp_path: Path) -> None:
    folder = save_images(tmp_path / "images", 3)
    expected = np.concatenate([patches(folder / f"{n}.png", 8) for n in range(3)])
    assert np.array_equal(every_sample(folder, 8), expected)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes there")
@pytest.mark.parametrize("make", [lambda path: os.mkfifo(path), lambda path: path.mkdir()], ids=["pipe", "folder"])
def test_what_is_no_file_among_images_is_refused_unopened(
    tmp_path: Path, make, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save_images(tmp_path / "images", 1)
    make(folder / "1.png")
    monkeypatch.setattr(photographs.Image, "open", lambda path: pytest.fail(f"{path} was opened"))
    with pytest.raises(QuantalError, match=r"1\.png: not a file\n  expected a PNG or JPEG file"):
        load_samples(folder)


def test_every_tile_of_large_images_of_an_array_in_order(tmp_path: Path) -> None:
    array = noise(2, 70, 40)
    np.save(tmp_path / "a.npy", array)
    tiles = every_sample(tmp_path / "a.npy", 8)
    assert tiles.shape == (2 * 8 * 5, 64)
    assert np.array_equal(tiles[1], array[0, :8, 8:16].astype(np.float32).ravel())


@pytest.mark.parametrize("name", ["x", "x_train", "data"])
def test_samples_are_found_by_name_in_an_archive(tmp_path: Path, name: str) -> None:
    np.savez(tmp_path / "a.npz", **{name: noise(20, 5), "other": noise(20, 9), "labels": np.arange(20)})
    assert load_samples(tmp_path / "a.npz").shape == (5,)


def test_the_only_suitable_array_of_an_archive_is_used(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", pixels=noise(20, 5), labels=np.arange(20))
    assert load_samples(tmp_path / "a.npz").shape == (5,)


def test_an_ambiguous_archive_names_its_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", left=noise(20, 5), right=noise(20, 5))
    assert error_of(tmp_path / "a.npz") == (
        "SOURCE: can't tell which array holds the samples\n"
        "  expected one array of two or three dimensions, or one named x or x_train or data, got left, right"
    )


def nan_at(place: tuple[int, ...]) -> np.ndarray:
    array = noise(20, 3, 3)
    array[place] = np.nan
    return array


SHAPES = "(samples, features) or (samples, height, width)"


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (
            nan_at((3, 1, 2)),
            "SOURCE[3, 1, 2]: not a finite number\n  expected finite numbers of magnitude at most 3e38, got nan",
        ),
        (
            np.full((20, 4), 1e300),
            "SOURCE[0, 0]: not a finite number\n  expected finite numbers of magnitude at most 3e38, got 1e+300",
        ),
        (noise(20), f"SOURCE: wrong shape\n  expected {SHAPES}, got (20,)"),
        (noise(20, 1, 4, 4), f"SOURCE: wrong shape\n  expected {SHAPES}, got (20, 1, 4, 4)"),
        (noise(0, 4), f"SOURCE: wrong shape\n  expected {SHAPES}, got (0, 4)"),
        (noise(20, 4) * 1j, "SOURCE: wrong type of numbers\n  expected real numbers, got complex128"),
        (np.full((20, 4), "a"), "SOURCE: wrong type of numbers\n  expected real numbers, got <U1"),
        (noise(9, 4), "a.npy: too few samples\n  expected at least 10 that aren't constant, got 9"),
        (np.ones((99, 4)), "a.npy: too few samples\n  expected at least 10 that aren't constant, got 0"),
        (noise(3, 70, 10), "SOURCE: images are smaller than a patch\n  expected at least 16 pixels"),
    ],
)
def test_arrays_that_cannot_be_used(tmp_path: Path, array: np.ndarray, message: str) -> None:
    np.save(tmp_path / "a.npy", array)
    assert error_of(tmp_path / "a.npy") == message


@pytest.mark.parametrize("save", [np.save, np.savez])
def test_pickled_objects_are_never_loaded(tmp_path: Path, save: object) -> None:
    path = tmp_path / ("a.npy" if save is np.save else "a.npz")
    save(path, np.array([[{}, 1]] * 20, dtype=object))
    assert error_of(path) == (
        "SOURCE: holds Python objects\n  expected an array of numbers\n"
        "  save plain numbers; pickled objects are never loaded"
    )


@pytest.mark.parametrize("ending", [".npy", ".npz"])
def test_an_array_truncated_anywhere_is_an_error(tmp_path: Path, ending: str) -> None:
    whole = tmp_path / f"whole{ending}"
    (np.save if ending == ".npy" else np.savez)(whole, noise(20, 5))
    data, cut = whole.read_bytes(), tmp_path / f"cut{ending}"
    for length in range(0, len(data), 7):
        cut.write_bytes(data[:length])
        assert error_of(cut).startswith("SOURCE: the array can't be read\n  got ")


@pytest.mark.parametrize("ending", [".npy", ".npz"])
def test_a_text_or_bare_pickle_is_not_an_array(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    for data in (b"1, 2, 3", pickle.dumps([1, 2, 3])):
        path.write_bytes(data)
        assert error_of(path).startswith("SOURCE: the array can't be read\n  got ")


def test_a_damaged_archive_is_an_error_or_unchanged(tmp_path: Path) -> None:
    """Some bytes of an archive hold no data (times, permissions); damage to any other is detected."""
    path, array = tmp_path / "a.npz", noise(20, 5)
    np.savez_compressed(path, array)
    whole, data = load_samples(path).digest(), path.read_bytes()
    refused = 0
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        try:
            assert load_samples(path).digest() == whole
        except QuantalError:
            refused += 1
    assert refused > 0.8 * len(data)


def test_a_damaged_array_is_an_error_or_other_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, noise(20, 5))
    data = path.read_bytes()
    for place in range(128):
        for flip in (0xFF, 1, 16):
            path.write_bytes(data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :])
            with contextlib.suppress(QuantalError):
                load_samples(path)


def test_missing_sources(tmp_path: Path) -> None:
    assert error_of(tmp_path / "none.npy") == "SOURCE: no such file or folder"
    assert error_of(tmp_path / "none.png") == "SOURCE: no such file or folder"
    assert error_of(tmp_path / "none") == "SOURCE: no such file or folder"


def test_files_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,2")
    assert error_of(tmp_path / "a.csv") == (
        "SOURCE: unknown kind of file\n  expected .npy, .npz, .png, .jpg or a folder of images, got .csv"
    )


def test_folders_without_images(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert error_of(empty) == "SOURCE: the folder is empty\n  expected PNG or JPEG files"
    (empty / "note.txt").write_text("no image")
    assert error_of(empty) == "SOURCE: no images in the folder\n  expected PNG or JPEG files"


def test_a_small_image_is_named(tmp_path: Path) -> None:
    folder = save_images(tmp_path / "images", 2, side=30)
    assert error_of(folder) == (
        "SOURCE/" + small_name(folder) + ": the image is too small\n  expected at least 32 pixels a side, got 30x30"
    )


def small_name(folder: Path) -> str:
    held_out_first = np.random.default_rng(0).permutation(2)[0]
    return f"{1 - held_out_first}.png"


@pytest.mark.parametrize("side", [1, 65])
def test_patch_sides_out_of_range(tmp_path: Path, side: int) -> None:
    assert error_of(tmp_path, patch_side=side) == f"patch side out of range\n  expected 2 to 64 pixels, got {side}"


def test_an_archive_that_unpacks_to_more_than_memory_is_refused_before(tmp_path: Path) -> None:
    np.savez(tmp_path / "small.npz", x=noise(20, 5))
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w") as archive, archive.open("x.npy", "w") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (10**7, 10**6)}
        np.lib.format.write_array_header_1_0(file, header)
        file.write(bytes(1000))
    assert every_sample(tmp_path / "small.npz").shape == (20, 5)
    with pytest.raises(QuantalError, match=r"an array of shape \(10000000, 1000000\) does not fit into memory"):
        every_sample(tmp_path / "bomb.npz")


def test_other_files_in_an_archive_are_no_samples(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", pixels=noise(20, 5))
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as archive:
        archive.writestr("notes.txt", "mine")
    assert every_sample(tmp_path / "a.npz").shape == (20, 5)


def test_an_image_of_one_colour_that_unpacks_to_gigabytes_is_refused_before(tmp_path: Path) -> None:
    Image.new("L", (13000, 13000)).save(tmp_path / "a.png")
    with pytest.raises(
        QuantalError, match=r"the image is too large\n  expected at most 89478485 pixels, got 13000x13000"
    ):
        every_sample(tmp_path / "a.png")
