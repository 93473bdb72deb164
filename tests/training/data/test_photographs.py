from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from quantal.neuro.errors import QuantalError
from quantal.training.data.photographs import FOLDER, paths, read_grey


def test_held_out_photographs_are_disjoint_from_training_ones() -> None:
    training, held_out = (
        {hashlib.sha256(p.read_bytes()).hexdigest() for p in paths(u)} for u in ("training", "held-out")
    )
    assert (len(training), len(held_out)) == (15, 4)
    assert not training & held_out


def test_every_shipped_photograph_is_credited_and_all_are_small() -> None:
    with (FOLDER / "sources.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    shipped = {row["file"] for row in rows if row["file"]}
    assert shipped == {file.name for file in FOLDER.glob("*.png")}
    assert all(row["licence"] and row["author"] and row["package"] for row in rows)
    assert sum((FOLDER / name).stat().st_size for name in shipped) <= 4_000_000


def test_photographs_are_large_and_grey() -> None:
    for path in paths("training") + paths("held-out"):
        grey = read_grey(path)
        assert grey.ndim == 2
        assert min(grey.shape) >= 300
        assert grey.std() > 10


def test_colours_are_weighted_by_rec_601(tmp_path: Path) -> None:
    colours = np.array([[[255, 0, 0, 9], [0, 255, 0, 9], [0, 0, 255, 9]]], np.uint8)
    Image.fromarray(colours).save(tmp_path / "colours.png")
    assert read_grey(tmp_path / "colours.png")[0] == pytest.approx([76.245, 149.685, 29.07])


def test_sixteen_bits_are_kept(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 1, 65535]], np.uint16)).save(tmp_path / "deep.png")
    assert read_grey(tmp_path / "deep.png").tolist() == [[0, 1, 65535]]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_image_is_an_error(tmp_path: Path, share: float) -> None:
    whole = (FOLDER / "kodim23.png").read_bytes()
    cut = tmp_path / "cut.png"
    cut.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(QuantalError, match=r"cut\.png: the image can't be read\n  got .*\n  is the file complete\?"):
        read_grey(cut)


def test_a_text_file_is_not_an_image(tmp_path: Path) -> None:
    (tmp_path / "note.png").write_text("hello")
    with pytest.raises(QuantalError) as caught:
        read_grey(tmp_path / "note.png")
    assert str(caught.value) == f"{tmp_path}/note.png: not an image\n  expected a PNG or JPEG file"
