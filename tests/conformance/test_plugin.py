"""Another package adds an emission, a circuit and a recipe, in at most 60 lines and without changes to this one.

The package in `tests/support/plugin` is built and installed as pip does, and used from the command line.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "tests" / "support" / "plugin"
CODE = (PLUGIN / "quantal_hopfield.py").read_text("utf-8")
LINES_OF_CODE = 60
BUILD = "import sys; from setuptools.build_meta import build_wheel; print(build_wheel(sys.argv[1]))"
NO_KERNEL = "population unit: the engine has no kernel for Sign"


@dataclass(frozen=True)
class Result:
    """Exit code, standard output and standard error of a command."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> dict[str, Any]:
        """The object that `--json` printed."""
        return json.loads(self.out)


def run_commands(lines: list[list[str]]) -> None:
    """Run several commands in this process, and print the result of each."""
    from quantal.commands import command_line

    for arguments in lines:
        out, err, code = io.StringIO(), io.StringIO(), None
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                command_line().main(arguments)
            except SystemExit as stop:
                code = stop.code
        print(json.dumps([code, out.getvalue(), err.getvalue()]))


def commands(folder: Path, lines: list[str], *installed: Path) -> list[Result]:
    """Run commands one after another in a new process that also finds the packages in these folders."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, installed), *map(os.path.abspath, sys.path)])}
    command = [sys.executable, __file__, json.dumps([line.split() for line in lines])]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [Result(*json.loads(line)) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with samples, in which the commands run."""
    folder = tmp_path_factory.mktemp("plugin")
    np.save(folder / "samples.npy", np.random.default_rng(0).normal(size=(20, 24)).astype(np.float32))
    return folder


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the plug-in is installed, built from a copy of its source."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in ("pyproject.toml", "quantal_hopfield.py"):
        (source / name).write_bytes((PLUGIN / name).read_bytes())
    built = subprocess.run(
        [sys.executable, "-c", BUILD, str(source)], cwd=source, capture_output=True, text=True, check=True
    )
    with zipfile.ZipFile(source / built.stdout.split()[-1]) as wheel:
        wheel.extractall(target)
    return target


@pytest.fixture(scope="module")
def results(folder: Path, installed: Path) -> dict[str, Result]:
    """The result of each command, by its first word."""
    lines = [
        "train hopfield --data samples.npy --set patterns=2 --out model.safetensors --json",
        "compile model.safetensors --out network.safetensors --json",
        "show network.safetensors --json",
        "check network.safetensors --steps 12 --samples 2 --json",
        "run network.safetensors --backend engine --data samples.npy",
    ]
    return {line.split()[0]: each for line, each in zip(lines, commands(folder, lines, installed), strict=True)}


def test_it_trains_with_its_own_recipe_and_setting(results: dict[str, Result]):
    assert results["train"].code == 0, results["train"].err
    assert results["train"].value["settings"] == {"patterns": 2}
    assert results["train"].value["accuracy"] == 1.0


def test_it_compiles_with_its_own_circuit_without_an_option(results: dict[str, Result]):
    assert results["compile"].code == 0, results["compile"].err
    assert results["compile"].value["circuit"] == "attractor"


def test_its_emission_is_shown(results: dict[str, Result]):
    (population,) = results["show"].value["populations"]
    assert (population["integration"], population["emission"]) == ("Memoryless", "Sign")


def test_brian2_and_both_partitions_of_lava_equal_the_reference(results: dict[str, Result]):
    assert results["check"].code == 0, results["check"].err
    assert results["check"].value["equal"] == {"brian2": True, "lava": True, "lava-fused": True}
    assert results["check"].value["skipped"] == {"engine": NO_KERNEL}


def test_the_engine_refuses_it_by_name(results: dict[str, Result]):
    assert results["run"].code == 2
    assert results["run"].err.startswith(NO_KERNEL)


def test_without_the_package_its_files_name_what_is_missing(results: dict[str, Result], folder: Path):
    (show,) = commands(folder, ["show network.safetensors"])
    assert show.code == 2
    assert "the file holds a part of kind Sign, which is not known here" in show.err
    assert "install the package that it comes from" in show.err


def test_it_has_few_lines():
    assert len(lines_of_code(CODE)) <= LINES_OF_CODE


def lines_of_code(text: str) -> list[str]:
    """Lines that are neither empty nor part of a docstring."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, documented) and ast.get_docstring(node)]
    docstrings = {line for node in nodes for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)}
    return [line for number, line in enumerate(text.splitlines(), 1) if line.strip() and number not in docstrings]


def blocks(language: str) -> list[str]:
    """Code of one language in `CONTRIBUTING.md`."""
    parts = (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("```")
    return [part.removeprefix(language).strip() for part in parts[1::2] if part.startswith(f"{language}\n")]


def test_the_code_of_the_contributing_page_is_that_of_the_package():
    settings = (PLUGIN / "pyproject.toml").read_text("utf-8")
    assert blocks("python")
    assert blocks("toml")
    assert all(block in CODE for block in blocks("python"))
    assert all(block in settings for block in blocks("toml"))


if __name__ == "__main__":
    run_commands(json.loads(sys.argv[1]))
