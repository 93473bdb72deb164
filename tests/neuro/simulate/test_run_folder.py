"""The folder of a run's segments: never a folder of the user's, never two runs at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from quantal.neuro.errors import QuantalError
from quantal.neuro.simulate.run_folder import JOB, LOCK, opened

RUN = {"network": "a", "drive": "b", "steps": 3, "every": 1}
HOLD = "import sys; from pathlib import Path; from quantal.neuro.simulate.run_folder import opened\n"
HOLD += "with opened(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the run whose output is `out`."""
    path = tmp_path / "out.parts"
    path.mkdir()
    return path


def refused(out: Path) -> str:
    with pytest.raises(QuantalError) as caught, opened(out):
        pass
    return str(caught.value)


NEVER_WRITTEN = (
    "notes.txt",
    "trace-1.safetensors",
    "snapshot.safetensors.bak",
    "job.json.old",
    "snapshot.safetensors/",
)
WRITTEN = ("job.json", "snapshot.safetensors", "trace-000000010.safetensors", "lock")


@pytest.mark.parametrize(
    ("name", "noted"),
    [*((name, noted) for name in NEVER_WRITTEN for noted in (False, True)), *((name, False) for name in WRITTEN)],
)
def test_a_folder_with_files_of_somebody_else_is_refused_and_left_as_it_is(folder: Path, name: str, noted: bool):
    """Names that no run writes, and without the note of a run also the others."""
    path = folder / name
    (folder / LOCK).write_text("")
    if noted:
        (folder / JOB).write_text(json.dumps(RUN))
    path.mkdir() if name.endswith("/") else path.write_text("mine")
    assert refused(folder.with_suffix("")) == (
        f"{folder}: the folder in which the run would keep its segments holds other files\n"
        f"  got {name.rstrip('/')}\n  move them away, or choose another --out"
    )
    assert path.is_dir() or path.read_text() == "mine"


def test_what_runs_wrote_is_removed_and_what_was_put_there_meanwhile_is_not(folder: Path):
    for name in (JOB, "snapshot.safetensors", "trace-000000010.safetensors", ".job.json.machine.1.ab"):
        (folder / name).write_text(json.dumps(RUN))
    with opened(folder.with_suffix("")) as run_folder:
        run_folder.start(RUN)
        assert {entry.name for entry in folder.iterdir()} == {JOB, LOCK}
        (folder / "notes.txt").write_text("mine")
        run_folder.remove()
    assert {entry.name for entry in folder.iterdir()} - {LOCK} == {"notes.txt"}


def test_a_finished_run_leaves_no_folder(tmp_path: Path):
    with opened(tmp_path / "out") as run_folder:
        run_folder.start(RUN)
        run_folder.remove()
    assert [*tmp_path.iterdir()] == []


def test_two_runs_do_not_share_a_folder_and_a_killed_one_frees_it(tmp_path: Path):
    command = [sys.executable, "-c", HOLD, str(tmp_path / "out")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert refused(tmp_path / "out") == (
            f"{tmp_path / 'out.parts'}: another run writes there now\n  wait until it ends, or choose another --out"
        )
        other.kill()
    with opened(tmp_path / "out") as run_folder:
        run_folder.remove()


def test_a_file_in_the_way(tmp_path: Path):
    (tmp_path / "out.parts").write_text("mine")
    assert "out.parts: can't be written" in refused(tmp_path / "out")


def test_another_run_is_not_resumed(folder: Path):
    with opened(folder.with_suffix("")) as run_folder:
        run_folder.start(RUN)
        run_folder.check_same(RUN)
        with pytest.raises(QuantalError, match=r"another run\n  expected steps 4, got steps 3\n"):
            run_folder.check_same({**RUN, "steps": 4})
