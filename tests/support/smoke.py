"""The whole way on small data with an installed package alone: train, compile, run, check on every backend."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np


def quantal(*arguments: str) -> dict[str, object]:
    """Run a command with `--json` and return what it printed."""
    command = [sys.executable, "-m", "quantal", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return json.loads(done.stdout)


def sparse_samples(count: int, features: int, causes: int) -> np.ndarray:
    """Samples that a few causes add up to."""
    rng = np.random.default_rng(0)
    strength = rng.exponential(1.0, (count, causes)) * (rng.random((count, causes)) < 0.1)
    return strength @ rng.standard_normal((causes, features)) + 0.05 * rng.standard_normal((count, features))


def main() -> None:
    """Fail loudly, or print one line."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        data, model, network = folder / "samples.npy", folder / "model.safetensors", folder / "network.safetensors"
        np.save(data, sparse_samples(600, 16, 24))
        quantal("train", "--data", str(data), "--latents", "24", "--updates", "20", "--out", str(model))
        for circuit in ("lateral-competition", "predictive-coding"):
            quantal("compile", str(model), "--circuit", circuit, "--out", str(network))
            quantal("run", str(network), "--data", str(data), "--steps", "50", "--samples", "4")
            backends = ["engine", "brian2", "lava", "lava-fused"]
            quantal("check", str(network), "--data", str(data), "--steps", "20", "--samples", "2",
                    "--backends", ",".join(backends))  # fmt: skip
            print(f"Python {sys.version.split()[0]}: {circuit} circuit equal on {', '.join(backends)}")


if __name__ == "__main__":
    main()
