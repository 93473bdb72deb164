"""Targets of the main job: from photographs to integers, equal on every simulator, and fast."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from quantal.bench.experiments.demo import MAIN_CIRCUIT
from quantal.bench.experiments.readback import read_back_seconds
from quantal.bench.experiments.speed import speed_up
from quantal.bench.record import ROOT, RecordedValue
from quantal.bench.targets.target import Target, at_least, at_most, is_true
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.files import load_network
from quantal.neuro.simulate.progress import Part
from quantal.training.data.network_samples import evenly_spaced
from quantal.training.data.samples import load_samples
from quantal.training.learn.poisson_vae import load_poisson_vae

DEMO = "quantal demo --json"
BENCH = "quantal bench main --json"
STEPS = 500
SPEEDS = {200: (5.0, 5), 1: (10.0, 41)}
"""Batch size to the limit of the speed-up and the number of batches, each of different patches."""


def measure(rerun: bool, part: Part) -> Iterator[Target]:
    """All targets of the main job."""
    with TemporaryDirectory(prefix="quantal-bench-") as folder:
        out = Path(folder)
        with part("quantal demo"):
            result = demo(out)
        yield from demo_targets(result)
        yield from speed_targets(out, part)
    seconds = read_back_seconds(1000, 1000, part)
    yield at_most("seconds to read back 1000 units x 1000 steps on Lava", seconds, 3.0, BENCH)
    tests = TESTS.value(rerun)
    yield at_most("seconds of all tests on two cores", tests, 720.0, TESTS.command, "recorded")


def demo(out: Path) -> dict[str, Any]:
    """The result that the demo prints."""
    command = [sys.executable, "-m", "quantal", "demo", "--json", "--out", str(out)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise QuantalError("the demo failed", where=DEMO, got=done.stdout[-200:])
    return json.loads(done.stdout)


def demo_targets(result: dict[str, Any]) -> Iterator[Target]:
    """Targets of the demo."""
    yield at_most("distance from the optimum, held-out patches", result["held_out"]["distance"], 0.30, DEMO)
    yield at_most("seconds of training", result["training_seconds"], 60.0, DEMO)
    for circuit, pair in result["held_out"]["circuits"].items():
        for key, name in (("r2", "R2"), ("zeros", "share of zeros")):
            yield at_most(f"{name}, integer against float, {circuit}", abs(pair["difference"][key]), 0.01, DEMO)
    for name, equal in result["equal"].items():
        yield is_true(f"{name} equals the reference", equal, DEMO)
    yield at_most("seconds of the demo", result["seconds"], 240.0, DEMO)


def speed_targets(out: Path, part: Part) -> Iterator[Target]:
    """The engine against torch on the demo's network."""
    model = load_poisson_vae(out / "model.safetensors")
    network = load_network(out / f"{MAIN_CIRCUIT}.safetensors")
    samples = load_samples().held_out
    for batch, (limit, repetitions) in SPEEDS.items():
        chosen: np.ndarray = evenly_spaced(samples, batch * repetitions)
        batches = chosen.reshape(batch, repetitions, -1).swapaxes(0, 1)
        ratio = speed_up(model, network, batches, STEPS, part)
        yield at_least(f"engine against a torch loop, times faster at batch {batch}", ratio, limit, BENCH)


def test_seconds() -> float:
    """Wall-clock seconds of the test suite, which must pass."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "pytest", "-q"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise QuantalError("the tests do not pass", where=str(ROOT), got=done.stdout.strip().splitlines()[-1])
    return time.perf_counter() - start


TESTS = RecordedValue("tests", "python -m pytest -q", 0, test_seconds)
