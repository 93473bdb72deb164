"""A file is replaced completely or not at all; what killed processes left is removed, what others write is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from quantal.neuro.network.replace_file import prefix, replace_bytes, replacement

KILLED = """
import os, signal, sys
from pathlib import Path
from quantal.neuro.network.replace_file import replacement
with replacement(Path(sys.argv[1])) as temporary:
    temporary.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_new_content_takes_the_place_of_the_old(tmp_path: Path):
    path = tmp_path / "folder" / "file"
    for content in (b"one", b"two"):
        replace_bytes(path, content)
        assert path.read_bytes() == content
    assert [*path.parent.iterdir()] == [path]


def test_after_an_error_the_old_content_stays(tmp_path: Path):
    path = tmp_path / "file"
    replace_bytes(path, b"old")
    with pytest.raises(FileExistsError), replacement(path) as temporary:
        temporary.write_bytes(b"half") and temporary.mkdir()
    assert path.read_bytes() == b"old"
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.skipif(os.name != "posix", reason="whether a process is gone can't be asked there")
def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path):
    path, other = tmp_path / "file", tmp_path / "file.more"
    replace_bytes(path, b"old")
    replace_bytes(other, b"other")
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert len([*tmp_path.iterdir()]) == 3
    replace_bytes(other, b"other")
    assert len([*tmp_path.iterdir()]) == 3
    assert path.read_bytes() == b"old"
    replace_bytes(path, b"new")
    assert {*tmp_path.iterdir()} == {path, other}


@pytest.mark.parametrize("name", ["1.ab", f"{os.getpid()}.ab", "x.ab", "99999999999999999999.ab"])
def test_what_may_belong_to_a_running_process_stays(tmp_path: Path, name: str):
    path = tmp_path / "file"
    left = tmp_path / f"{prefix(path)}{name}"
    left.write_bytes(b"half")
    replace_bytes(path, b"new")
    assert left.exists()
