"""Build and install Quantal offline, each time in a new environment."""

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
    """An interpreter that finds one installed quantal, and all other packages of the running interpreter."""

    python: Path

    def run(self, *arguments: str | Path, cwd: Path) -> str:
        """Run the interpreter and return its output; an error fails the test with its text."""
        command = [self.python, *arguments]
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False, env={})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def build(hook: str, source: Path, out: Path) -> Path:
    """Build a distribution from a source tree with a hook of setuptools, without a network connection."""
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
    # A path in a .pth file is searched, but not the .pth files in it, one of which may be that of an editable quantal.
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"))
    return Environment(folder / "bin" / "python")
