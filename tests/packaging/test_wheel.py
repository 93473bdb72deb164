"""What a wheel holds: ordinary files under one import name, all data, and the same by way of the source archive."""

from __future__ import annotations

import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from support.installed import ROOT, build

ROOMS = ("neuro", "hardware", "training", "commands", "bench")
ENDINGS = {".py", ".pyi", ".png", ".csv", ".html", ".json", ".nir", ".npz"}


def files(wheel: Path) -> dict[str, bytes]:
    """Name to content of all that a wheel installs, without what it says of itself."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}


def test_one_import_name(wheel: Path):
    assert {name.split("/")[0] for name in files(wheel)} == {"quantal"}


def test_ordinary_files(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        assert not [entry.filename for entry in archive.infolist() if stat.S_ISLNK(entry.external_attr >> 16)]


def test_every_module_and_all_data(wheel: Path):
    wanted = {
        f"quantal/{path.relative_to(ROOT).as_posix()}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.suffix in ENDINGS
    }
    wanted |= {"quantal/__init__.py", "quantal/__init__.pyi", "quantal/__main__.py", "quantal/py.typed"}
    assert wanted <= {*files(wheel)}


def test_contents_are_those_of_the_source(wheel: Path):
    held = files(wheel)
    assert held["quantal/__init__.py"] == (ROOT / "front_door.py").read_bytes()
    assert held["quantal/neuro/errors.py"] == (ROOT / "neuro" / "errors.py").read_bytes()


def test_the_source_archive_gives_the_same_wheel(source: Path, wheel: Path, tmp_path: Path):
    for folder in ("sdist", "unpacked", "again"):
        (tmp_path / folder).mkdir()
    with tarfile.open(build("build_sdist", source, tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert files(build("build_wheel", unpacked, tmp_path / "again")) == files(wheel)


@pytest.mark.parametrize("extra", ["train", "brian2", "lava", "nir", "all"])
def test_extras(wheel: Path, extra: str):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        assert f"Provides-Extra: {extra}\n" in archive.read(name).decode()
