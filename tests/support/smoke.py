"""Smoke test of an installed package: it runs on the engine, and names the command that adds a missing extra.

Run with the interpreter of a fresh environment, outside the repository: `python smoke.py [backend …]`. Each backend is
first found missing, then added by the very command that the error names, and compared with the reference.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import numpy as np

import quantal

USER_ERROR = 2
BASE_LACKS = {"torch", "norse", "brian2", "lava-nc", "nir", "h5py", "scikit-image", "scikit-learn"}
NEED_EXTRAS = {
    ("train", "--data", "samples.npy"): "train",
    ("demo",): "train",
    ("import", "absent.nir"): "nir",
    ("export", "absent.safetensors"): "nir",
    ("check", "network.safetensors", "--data", "samples.npy", "--backends", "brian2"): "brian2",
    ("check", "network.safetensors", "--data", "samples.npy", "--backends", "lava"): "lava",
    ("run", "network.safetensors", "--backend", "lava-fused"): "lava",
}
"""Commands to the extra that they need."""


def main() -> None:
    """Fail loudly, or print one line for each thing that works."""
    backends = sys.argv[1:]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_network(folder)
        works("a network on the engine", run_from_python(folder), *run_from_shell(folder))
        works("no heavy package", installed().isdisjoint(BASE_LACKS))
        works("what is missing is named", *(names_extra(folder, *need) for need in NEED_EXTRAS.items()))
        for backend in backends:
            works(f"{backend}, added by the command that the error names", add_and_check(folder, backend))


def write_network(folder: Path) -> None:
    """A small network by lateral competition, and samples for it."""
    rng = np.random.default_rng(0)
    model = quantal.PoissonVae(
        dictionary=rng.standard_normal((16, 24)) * 0.1,
        step=0.5,
        drift=np.full(24, 0.04),
        noise_scale=np.ones(16),
        initial_log_rate=np.full(24, -2.0),
        log_rate_bounds=(-8.0, 3.5),
        input_scale=1.0,
        sample_shape=(4, 4),
    )
    network, _ = quantal.compile_graph(quantal.lateral_competition(model, 0), quantal.Options(weight_bits=8))
    quantal.save_network(network, folder / "network.safetensors")
    np.save(folder / "samples.npy", rng.standard_normal((50, 16)))


def run_from_python(folder: Path) -> bool:
    """Whether the engine gives the integers of the reference."""
    network = quantal.load_network(folder / "network.safetensors")
    drive = quantal.encode(network, np.load(folder / "samples.npy"))
    trace = quantal.run(network, drive, steps=50)
    return bool(trace.messages["latent"].any()) and trace.messages["latent"].shape == (50, 50, 24)


def run_from_shell(folder: Path) -> list[bool]:
    """Whether `run`, `check` and `show` work."""
    data = ("--data", "samples.npy", "--steps", "20")
    ran = result(command(folder, "run", "network.safetensors", *data))
    checked = result(command(folder, "check", "network.safetensors", "--backends", "engine", *data))
    shown = result(command(folder, "show", "network.safetensors", "--picture", "network.png"))
    return ["r2" in ran, checked["equal"] == {"engine": True}, shown["noun"] == "network"]


def names_extra(folder: Path, arguments: tuple[str, ...], extra: str) -> bool:
    """Whether a command ends with an error that the user can fix, with the extra in the hint."""
    done = command(folder, *arguments)
    return done.returncode == USER_ERROR and f'"quantal[{extra}]"' in result(done)["error"]["hint"]


def add_and_check(folder: Path, backend: str) -> bool:
    """Whether a backend is equal to the reference once the command of its error was typed in."""
    arguments = ("check", "network.safetensors", "--backends", backend, "--data", "samples.npy", "--steps", "20")
    missing = command(folder, *arguments)
    if missing.returncode:
        subprocess.run(result(missing)["error"]["hint"], shell=True, check=True, cwd=folder)
    return result(command(folder, *arguments)).get("equal") == {backend: True}


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the package with `--json`, run to its end."""
    line = [sys.executable, "-m", "quantal", *arguments, "--json"]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=600, check=False)


def result(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The object that a command printed."""
    if not done.stdout:
        sys.exit(f"{' '.join(done.args)} ended with {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


def installed() -> set[str]:
    """Names of the installed distributions."""
    return {each.metadata["Name"].lower() for each in distributions()}


def works(what: str, *facts: bool) -> None:
    """Print what works, or end with what does not."""
    if not all(facts):
        sys.exit(f"Python {sys.version.split()[0]}: does not work: {what} {facts}")
    print(f"Python {sys.version.split()[0]}: {what}")


if __name__ == "__main__":
    main()
