"""Put the questions to a package in its own process and, where necessary, its own environment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from quantal.bench.peers.questions import Numbers

SCRIPTS = Path(__file__).parent
SCRIPT = {"lava-0.10": "on_lava.py", "brian2-loihi-0.5": "on_brian2_loihi.py", "nengo-loihi-1.1": "on_nengo_loihi.py"}
ENVIRONMENT = {
    "brian2-loihi-0.5": ["brian2-loihi==0.5.2", "brian2>=2.9", "numpy<2.4"],
    "nengo-loihi-1.1": ["nengo-loihi==1.1.0", "nengo==3.2.0", "numpy==1.26.4"],
}
NAMES = {"brian2", "brian2-loihi", "lava-nc", "nengo", "nengo-loihi", "numpy"}
TIMEOUT_S = 1800


def python_of(name: str, folder: Path) -> str:
    """The interpreter of an environment with a package, which is installed if necessary."""
    if name not in ENVIRONMENT:
        return sys.executable
    python = folder / name / "bin" / "python"
    if not python.exists():
        subprocess.run(["uv", "venv", "--python", sys.executable, str(folder / name)], check=True)
    subprocess.run(["uv", "pip", "install", "-q", "--python", str(python), *ENVIRONMENT[name]], check=True)
    return str(python)


def versions(python: str) -> dict[str, str]:
    """Installed versions of the relevant packages."""
    listed = subprocess.run(["uv", "pip", "freeze", "--python", python], check=True, capture_output=True, text=True)
    pairs = [line.split("==") for line in listed.stdout.splitlines() if "==" in line]
    return {name: version for name, version in pairs if name in NAMES}


def answers(python: str, script: str, questions: dict[str, Any], *arguments: str) -> Numbers:
    """Run a script in an environment, as a process group of which nothing is left running."""
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder, name)) for name in ("questions.npz", "answers.npz")]
        np.savez(files[0], **questions)
        command = [python, str(SCRIPTS / script), *arguments, *files]
        worker = subprocess.Popen(command, start_new_session=True)
        try:
            code = worker.wait(TIMEOUT_S)
        finally:
            end_group(worker)
        if code:
            raise RuntimeError(f"{script} exited with code {code}")
        return dict(np.load(files[1]))


def end_group(worker: subprocess.Popen[bytes]) -> None:
    """Kill a worker and all its child processes."""
    try:
        os.killpg(worker.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    worker.wait()
