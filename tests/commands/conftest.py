"""A small trained model on disk, and the command line in this process."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from quantal.commands import command_line

from support.samples import sparse_samples

LATENTS, FEATURES, SAMPLES, UPDATES = 12, 16, 400, 30


class Result(NamedTuple):
    """The exit code of a command, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        """The one JSON object on standard output."""
        assert len(self.out.strip().splitlines()) == 1
        return json.loads(self.out)


def run_command(*arguments: object) -> Result:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as exited:
        command_line().main([str(argument) for argument in arguments], prog_name="quantal")
    return Result(exited.value.code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def invoke() -> Callable[..., Result]:
    return run_command


@pytest.fixture(scope="session")
def small() -> tuple[object, ...]:
    """Settings of a short training run."""
    return "--set", f"latents={LATENTS}", "--set", f"updates={UPDATES}", "--set", "batch=50"


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "samples.npy"
    np.save(path, sparse_samples(SAMPLES, LATENTS, FEATURES))
    return path


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory, data: Path, small: tuple[object, ...]) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    assert run_command("train", "--data", data, *small, "--out", path).code == 0
    return path


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    path = tmp_path_factory.mktemp("network") / "network.safetensors"
    assert run_command("compile", model, "--out", path).code == 0
    return path
