"""Files that are truncated, foreign or malicious get one clear error."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest

from quantal.neuro.errors import QuantalError
from quantal.neuro.nir import from_nir, read_nir, write_nir
from quantal.neuro.nir.file import hdf5

from support import nir_graphs

WHOLE = nir_graphs.FILES / "lif_norse.nir"


def refused(path: Path) -> str:
    with pytest.raises(QuantalError) as caught:
        read_nir(path)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert len(text.splitlines()) <= 3
    return text


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    assert refused(tmp_path / "none.nir").endswith("no such file\n  expected a NIR file")


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the process that checks that reading ends, for tests of many files."""
    monkeypatch.setattr(hdf5, "check_reading_ends", lambda path: None)


@pytest.mark.usefixtures("in_this_process")
def test_a_file_cut_at_any_byte_is_refused(tmp_path: Path):
    data, path = WHOLE.read_bytes(), tmp_path / "cut.nir"
    for end in [*range(0, len(data), 97), len(data) - 1]:
        path.write_bytes(data[:end])
        assert "not a valid NIR file" in refused(path)


@pytest.mark.parametrize("data", [b"", b"no HDF5 at all", os.urandom(5000)])
def test_a_file_of_another_format_is_refused(data: bytes, tmp_path: Path):
    path = tmp_path / "foreign.nir"
    path.write_bytes(data)
    assert "not a valid NIR file" in refused(path)


@pytest.mark.usefixtures("in_this_process")
def test_bytes_changed_anywhere_never_raise_anything_else(tmp_path: Path):
    rng, path = np.random.default_rng(0), tmp_path / "edited.nir"
    for _ in range(200):
        data = bytearray(WHOLE.read_bytes())
        for place in rng.integers(0, len(data), 4):
            data[place] = rng.integers(0, 256)
        path.write_bytes(data)
        with suppress(QuantalError):
            read_nir(path)


def edited(folder: Path) -> tuple[Path, h5py.File]:
    path = folder / "edited.nir"
    path.write_bytes(WHOLE.read_bytes())
    return path, h5py.File(path, "r+")


def test_an_hdf5_file_without_a_graph_is_refused(tmp_path: Path):
    path, file = edited(tmp_path)
    with file:
        del file["node"]
    assert "KeyError" in refused(path)


def test_names_that_are_no_text_are_refused(tmp_path: Path):
    path, file = edited(tmp_path)
    with file:
        del file["node/edges"]
        file["node/edges"] = np.array([[b"\xea", b"1"]], dtype="S1")
    assert "UnicodeDecodeError" in refused(path)


def test_a_node_of_an_unknown_kind_is_named(tmp_path: Path):
    path, file = edited(tmp_path)
    with file:
        del file["node/nodes/1/type"]
        file["node/nodes/1/type"] = "Hopfield"
    assert ": NIR node 1: NIR has no primitive 'Hopfield'" in refused(path)


def test_numbers_that_are_not_finite_are_named(tmp_path: Path):
    path, file = edited(tmp_path)
    with file:
        file["node/nodes/1/tau"][0] = np.inf
    assert refused(path).endswith(": NIR node 1: tau[0] is inf, expected a finite number")


def test_a_file_that_points_at_another_file_is_refused(tmp_path: Path):
    path, file = edited(tmp_path)
    with file:
        del file["node/nodes/1/tau"]
        file["node/nodes/1/tau"] = h5py.ExternalLink(str(WHOLE), "/node/nodes/1/tau")
    assert "tau points outside its group" in refused(path)


@pytest.mark.parametrize("virtual", [False, True])
def test_numbers_that_are_stored_in_another_file_are_refused(tmp_path: Path, virtual: bool):
    path, file = edited(tmp_path)
    with file:
        shape = file["node/nodes/1/tau"].shape
        del file["node/nodes/1/tau"]
        if virtual:
            layout = h5py.VirtualLayout(shape, "f8")
            layout[:] = h5py.VirtualSource(str(WHOLE), "/node/nodes/1/tau", shape)
            file.create_virtual_dataset("node/nodes/1/tau", layout)
        else:
            outside = [(str(Path(__file__).resolve()), 0, 8 * shape[0])]
            file.create_dataset("node/nodes/1/tau", shape, "f8", external=outside)
    assert "/node/nodes/1/tau is stored in another file" in refused(path)


def test_groups_that_hold_themselves_are_refused(tmp_path: Path):
    path, file = edited(tmp_path)
    with file:
        file["node/nodes/1/more"] = file["node"]
    assert "RecursionError" in refused(path)


def test_numbers_larger_than_the_file_can_be_are_refused(tmp_path: Path):
    path, file = edited(tmp_path)
    with file:
        del file["node/nodes/1/tau"]
        file.create_dataset("node/nodes/1/tau", shape=(2**40,), dtype="f8", chunks=(2**20,))
    assert "/node/nodes/1/tau holds float64" in refused(path)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    graph, path = from_nir(nir_graphs.chain(nir_graphs.lif(3))), tmp_path / "kept.nir"
    write_nir(graph, path)

    def full(*arguments: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(nir, "write", full)
    with pytest.raises(QuantalError, match="disk full"):
        write_nir(from_nir(nir_graphs.chain(nir_graphs.lif(2), size=2)), path)
    assert read_nir(path) == graph
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept.nir"]


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("while True: pass", "reading it took longer than 1 s"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "reading it ended with SIGSEGV"),
    ],
)
def test_a_file_that_hangs_or_crashes_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, problem: str
):
    stuck = tmp_path / "stuck.py"
    stuck.write_text(program)
    monkeypatch.setattr(hdf5.tree_program, "__file__", str(stuck))
    monkeypatch.setattr(hdf5, "START_S", 1.0)
    with pytest.raises(QuantalError, match="not a valid NIR file") as caught:
        read_nir(WHOLE)
    assert problem in str(caught.value)
