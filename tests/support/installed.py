"""Quantal built and installed offline, each time in an environment of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info", "runs")


@dataclass(frozen=True)
class Environment:
    """An interpreter that finds one installed quantal, and the other packages where this one finds them."""

    python: Path

    def run(self, *arguments: str | Path, cwd: Path) -> str:
        """Run the interpreter and return its output; an error fails the test with its text."""
        command = [self.python, *arguments]
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False, env={})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def build(hook: str, source: Path, out: Path) -> Path:
    """What a hook of setuptools builds from a source tree, without a network."""
    code = f"from setuptools import build_meta; build_meta.{hook}({str(out)!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = out.iterdir()
    return made


def copy_source(to: Path) -> None:
    """Copy the repository, so that it may be built in."""
    shutil.copytree(ROOT, to, symlinks=True, ignore=NOT_COPIED)


def install(wheel: Path, folder: Path) -> Environment:
    """Make an environment in which a wheel is installed."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = folder / "lib" / version / "site-packages"
    zipfile.ZipFile(wheel).extractall(packages)
    # A path in a .pth file is searched, but its own .pth files, one of which may be an editable quantal, are not.
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"))
    return Environment(folder / "bin" / "python")
