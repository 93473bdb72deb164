"""A run that was stopped and resumed gives the same result."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from quantal.commands.cli import INTERRUPTED, USER_ERROR
from quantal.neuro.simulate import resumable as pieces

TIMEOUT_S = 120


def run_options(data: Path, out: Path, steps: int = 40) -> tuple[object, ...]:
    return "--data", data, "--steps", steps, "--samples", 5, "--every", 10, "--out", out


def stop_after(count):
    """A `save_snapshot` after which the run is interrupted at its `count`-th call."""
    real, calls = pieces.save_snapshot, []

    def save(*arguments):
        real(*arguments)
        calls.append(1)
        if len(calls) == count:
            raise KeyboardInterrupt

    return save


@pytest.mark.parametrize("count", [1, 3, 4])
def test_a_resumed_run_gives_the_same_trace(invoke, network, data, tmp_path, monkeypatch, count):
    whole, out = tmp_path / "whole", tmp_path / "stopped"
    invoke("run", network, *run_options(data, whole))
    with monkeypatch.context() as patched:
        patched.setattr(pieces, "save_snapshot", stop_after(count))
        assert invoke("run", network, *run_options(data, out)).code == INTERRUPTED
    assert not out.exists()
    assert invoke("run", network, *run_options(data, out), "--resume").code == 0
    assert out.read_bytes() == whole.read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"whole", "stopped"}


def test_another_run_is_not_resumed(invoke, network, data, tmp_path, monkeypatch):
    out = tmp_path / "stopped"
    with monkeypatch.context() as patched:
        patched.setattr(pieces, "save_snapshot", stop_after(1))
        invoke("run", network, *run_options(data, out))
    result = invoke("run", network, *run_options(data, out, steps=50), "--resume")
    assert result.code == USER_ERROR
    assert "steps 40" in result.err


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Torch adds up in the same order here as in a process with one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_killed_training_resumes_to_the_same_model(invoke, data, tmp_path):
    options = ["--data", str(data), "--set", "latents=12", "--set", "updates=300", "--set", "batch=50", "--out"]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "quantal", "train", *options, str(killed)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + TIMEOUT_S
    while not killed.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    half = killed.read_bytes()
    assert invoke("train", *options, killed, "--resume").code == 0
    assert invoke("train", *options, whole).code == 0
    assert half != whole.read_bytes() == killed.read_bytes()


def test_interrupted_training_leaves_a_checkpoint(data, tmp_path):
    out = tmp_path / "model"
    options = [
        "--data",
        str(data),
        "--set",
        "latents=12",
        "--set",
        "updates=100000",
        "--set",
        "batch=50",
        "--out",
        str(out),
    ]
    process = subprocess.Popen([sys.executable, "-m", "quantal", "train", *options], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + TIMEOUT_S
    while not out.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == INTERRUPTED
    assert error.strip().endswith("interrupted")
    assert {path.name for path in tmp_path.iterdir()} == {"model"}
