"""What is left of a run that is killed, interrupted, out of disk, forked or one of several at once.

    python -m quantal.bench.experiments.stopped_runs

Runs `quantal run` on a small network in processes of their own, stops it in every way, and checks that a resumed run
writes the same file to the last byte, and that nothing beside its output has changed.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from quantal.neuro import engine
from quantal.neuro.compile import compile_graph
from quantal.neuro.network.count_network import CountNetwork, Input
from quantal.neuro.network.files import save_network
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.neurons import FloatAccumulator, FloatPoissonCount
from quantal.neuro.simulate.drive import encode

UNITS, FEATURES, SAMPLES, STEPS, EVERY = 64, 16, 40, 6000, 300
TIMEOUT_S = 300.0
USER_ERROR, INTERRUPTED = 2, 130
"""Exit codes of the command line."""


def listen() -> None:
    """Take interrupts, which a process started in the background of a shell ignores."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


SILENT: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "preexec_fn": listen}
FULL_BYTES = 2**20
"""Size at which a file no longer grows, as on a full disk; the whole trace takes more."""


def network() -> CountNetwork:
    """Counts that inhibit each other."""
    rng = np.random.default_rng(0)
    units = FloatPopulation("counts", UNITS, FloatAccumulator(np.zeros(UNITS), -4.0, 2.0, 0.1), FloatPoissonCount(7))
    loop = FloatProjection("loop", "counts", "counts", -0.1 * rng.random((UNITS, UNITS)))
    return compile_graph(Graph("stopped", (units,), (loop,), (Input("x", "counts", rng.random((UNITS, FEATURES))),)))[0]


@dataclass(frozen=True)
class Bench:
    """A folder with a network, samples, and the trace that a run writes that nothing stops."""

    folder: Path

    def command(self, out: str, *more: str) -> list[str]:
        """The command of a run."""
        files = str(self.folder / "network"), "--data", str(self.folder / "samples.npy")
        numbers = "--steps", str(STEPS), "--every", str(EVERY), "--record", "counts"
        return [sys.executable, "-m", "quantal", "run", *files, *numbers, "--out", str(self.folder / out), *more]

    def run(self, out: str, *more: str, before: Callable[[], None] | None = None) -> int:
        """The exit code of a whole run."""
        done = subprocess.run(self.command(out, *more), preexec_fn=before, capture_output=True, timeout=TIMEOUT_S)
        return done.returncode

    def stopped(self, out: str, number: int) -> int:
        """The exit code of a run that gets a signal after its first snapshot."""
        parts = self.folder / f"{out}.parts"
        with subprocess.Popen(self.command(out), **SILENT) as process:
            end = time.monotonic() + TIMEOUT_S
            while not (parts / "snapshot.safetensors").exists() and process.poll() is None and time.monotonic() < end:
                time.sleep(0.002)
            process.send_signal(number)
            return process.wait(TIMEOUT_S)

    def same(self, out: str) -> bool:
        """Whether a trace is that of the run that nothing stopped, and nothing else is left of it."""
        left = (self.folder / f"{out}.parts").exists()
        return (self.folder / out).read_bytes() == (self.folder / "whole").read_bytes() and not left


def killed(bench: Bench) -> bool:
    """`kill -9`, then `--resume`."""
    code = bench.stopped("killed", signal.SIGKILL)
    return code == -signal.SIGKILL and bench.run("killed", "--resume") == 0 and bench.same("killed")


def interrupted(bench: Bench) -> bool:
    """SIGINT, as Ctrl-C sends it, then `--resume`."""
    code = bench.stopped("interrupted", signal.SIGINT)
    return code == INTERRUPTED and bench.run("interrupted", "--resume") == 0 and bench.same("interrupted")


def full_disk(bench: Bench) -> bool:
    """No room for the trace: exit code 2, the file of an earlier run as it was, and `--resume` once there is room."""
    (bench.folder / "full").write_bytes(b"earlier")
    code = bench.run("full", before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES, FULL_BYTES)))
    kept = (bench.folder / "full").read_bytes() == b"earlier"
    return code == USER_ERROR and kept and bench.run("full", "--resume") == 0 and bench.same("full")


def messages(first_sample: int) -> bytes:
    """Messages of a short run on all cores."""
    made = network()
    drive = encode(made, np.ones((9, FEATURES)))
    return engine.run(made, drive, 50, first_sample=first_sample).messages["counts"].tobytes()


def forked(bench: Bench) -> bool:
    """Processes that are forked after a run in threads run to the same result."""
    expected = [messages(0), messages(3)]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map_async(messages, [0, 3]).get(TIMEOUT_S) == expected


def threads(bench: Bench) -> bool:
    """Runs in several threads at once end as they do one after the other."""
    expected = [messages(first) for first in range(4)]
    with ThreadPoolExecutor(4) as pool:
        return [*pool.map(messages, range(4))] == expected


def neighbours(bench: Bench) -> bool:
    """A folder of the user's in the way is refused and left as it is, and so is a second run with the same output."""
    own = bench.folder / "mine.parts"
    own.mkdir()
    (own / "thesis.txt").write_text("mine")
    refused = bench.run("mine") == USER_ERROR and [entry.name for entry in own.iterdir()] == ["thesis.txt"]
    with subprocess.Popen(bench.command("twice"), **SILENT) as first:
        while not (bench.folder / "twice.parts" / "lock").exists() and first.poll() is None:
            time.sleep(0.002)
        first.send_signal(signal.SIGSTOP)
        second = bench.run("twice")
        first.send_signal(signal.SIGCONT)
        first_code = first.wait(TIMEOUT_S)
    return refused and (first_code, second) == (0, USER_ERROR) and bench.same("twice")


CHECKS: dict[str, Callable[[Bench], bool]] = {
    "kill -9": killed,
    "SIGINT": interrupted,
    "full disk": full_disk,
    "fork": forked,
    "threads": threads,
    "what is beside --out": neighbours,
}


def measure() -> Iterator[tuple[str, bool]]:
    """Each way to stop a run, and whether all was as it should be."""
    with TemporaryDirectory(prefix="quantal-stopped-") as folder:
        bench = Bench(Path(folder))
        save_network(network(), bench.folder / "network")
        np.save(bench.folder / "samples.npy", np.random.default_rng(1).random((SAMPLES, FEATURES)))
        if bench.run("whole"):
            raise RuntimeError("a run that nothing stops failed")
        for name, check in CHECKS.items():
            yield name, check(bench)


if __name__ == "__main__":
    print(json.dumps(dict(measure()), indent=1))
