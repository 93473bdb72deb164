"""The share of small mistakes in the code that its tests find.

    python -m quantal.bench.experiments.mutation 320 bench/results/mutation.json

copies the source tree to a temporary folder, makes one mistake at a time in it (a comparison, an operator, a number or
a name that is easily confused), and runs the tests of that part until one fails. Mistakes are drawn at random from all
that there are, so many for each part. A mistake that no test finds is written down with the reason why no test could,
if there is one in `mutation_arguments.json`. A run that is interrupted resumes where it stopped.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from quantal.bench.experiments.mutants import Mutant, mutants_of
from quantal.bench.record import ROOT, command_line, write_record

SEED = 0
SPEED_ONLY = frozenset(
    {
        "CACHE_LINE",
        "CHUNK_BYTES",
        "DIGEST_LETTERS",
        "FEW_LANES",
        "FLOAT_LANES",
        "KILL_TIMEOUT_S",
        "LANES",
        "POLL_S",
        "SAMPLES_AT_ONCE",
        "STEPS_BETWEEN_CHECKS",
        "TASKS_PER_CORE",
        "WEIGHTS_AT_ONCE",
    }
)
"""Names of numbers on which only the speed of a run depends."""
SECONDS_MIN, TIMES_SLOWER = 120.0, 5.0
"""A mistake is found if the tests take this many times as long as they do without it, and at least so long."""


@dataclass(frozen=True)
class Part:
    """Source files of one sort, the tests that run until one fails, and the share of all mistakes that are made here.

    `quick` are run first; `thorough` are the arguments of a second run, if all of the first pass.
    """

    files: tuple[str, ...]
    share: float
    quick: tuple[str, ...]
    thorough: tuple[str, ...] = ()


ENGINE = ("tests/conformance/test_backends.py", "tests/conformance/test_planted_faults.py", "-k", "engine")
PARTS = {
    "kinds": Part(
        ("neuro/arithmetic.py", "neuro/neurons/*.py"),
        0.2,
        ("tests/neuro/test_arithmetic.py", "tests/neuro/neurons", "tests/neuro/compile/test_spiking_units.py"),
        ("tests/conformance", "-k", "engine or kinds or NumPy"),
    ),
    "weights": Part(("neuro/synapses/*.py",), 0.12, ("tests/neuro/synapses",), ("tests/neuro/nir", *ENGINE)),
    "engine": Part(("neuro/engine/*.py", "neuro/engine/kernels/**/*.py"), 0.2, ("tests/neuro/engine",), ENGINE),
    "draws": Part(("neuro/draws.py", "neuro/engine/philox.py"), 0.06, ("tests/neuro/test_draws.py",), ENGINE),
    "ranges": Part(
        ("neuro/network/bounds.py", "neuro/network/verify.py"),
        0.14,
        ("tests/neuro/network", "tests/neuro/dialects"),
        ("tests/neuro/compile",),
    ),
    "coding": Part(
        ("neuro/simulate/drive.py", "neuro/simulate/reference.py", "training/data/spike_coding.py"),
        0.12,
        ("tests/neuro/simulate", "tests/training/data"),
        ("tests/neuro/engine/test_infer.py", *ENGINE),
    ),
    "Brian2": Part(
        ("neuro/brian/exact/*.py",),
        0.06,
        ("tests/neuro/brian/test_twin.py",),
        ("tests/conformance", "tests/neuro/brian/test_host.py", "-k", "brian2 or host"),
    ),
    "Lava": Part(
        ("hardware/lava/[cfpr]*.py", "hardware/lava/lif.py"),
        0.1,
        ("tests/hardware/test_lava_process_selection.py", "tests/hardware/test_lava_run_request.py"),
        ("tests/hardware", "tests/conformance/test_backends.py", "-k", "lava"),
    ),
}


def main(count: str, out: str) -> None:
    """Make at least `count` mistakes, and write which were found."""
    progress = Path(f"{out}.parts")
    done = {entry["key"]: entry for entry in read_lines(progress)}
    with TemporaryDirectory(prefix="quantal-mutation-") as folder:
        root = Path(folder) / "tree"
        copy_tree(root)
        for name, part in PARTS.items():
            chosen = [each for each in chosen_mutants(part, int(count)) if f"{name}: {each.key}" not in done]
            seconds = seconds_of_tests(root, part) if chosen else 0.0
            for mutant in chosen:
                key, found = f"{name}: {mutant.key}", is_found(root, mutant, part, seconds)
                done[key] = {"key": key, "line": mutant.line, "found": found}
                with progress.open("a") as lines:
                    lines.write(json.dumps(done[key]) + "\n")
                print(json.dumps(done[key]), flush=True)
    write_record(out, command_line("mutation", out, [count]), SEED, summary([*done.values()]))
    progress.unlink()


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The entries of an interrupted run."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def copy_tree(root: Path) -> None:
    """Copy all files under version control, and the hidden folder of links by which they are imported."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, root / name, follow_symlinks=False)


def chosen_mutants(part: Part, count: int) -> list[Mutant]:
    """Mistakes drawn at random from all of a part, in the order of their files."""
    files = sorted({str(path.relative_to(ROOT)) for pattern in part.files for path in ROOT.glob(pattern)})
    every = [mutant for file in files for mutant in mutants_of(ROOT, file, SPEED_ONLY)]
    number = min(len(every), -int(-count * part.share // 1))
    return [every[place] for place in sorted(np.random.default_rng(SEED).permutation(len(every))[:number])]


def seconds_of_tests(root: Path, part: Part) -> float:
    """Seconds of all tests of a part, which must pass; compiled code is there afterwards."""
    start = time.perf_counter()
    for arguments in runs_of(part):
        if not passes(root, arguments, 3600.0):
            raise SystemExit(f"the tests fail without a mistake: {' '.join(arguments)}")
    return time.perf_counter() - start


def runs_of(part: Part) -> Iterator[tuple[str, ...]]:
    """Arguments of the runs of the tests of a part, in their order."""
    yield part.quick
    if part.thorough:
        yield part.thorough


def is_found(root: Path, mutant: Mutant, part: Part, seconds: float) -> bool:
    """Whether a test fails, or takes far too long, with one mistake in the copied tree."""
    path = root / mutant.file
    original = path.read_bytes()
    write_newer(path, mutant.source.encode())
    try:
        limit = max(SECONDS_MIN, TIMES_SLOWER * seconds)
        return not all(passes(root, arguments, limit) for arguments in runs_of(part))
    finally:
        write_newer(path, original)


def write_newer(path: Path, content: bytes) -> None:
    """Write a file with a later time than it had, so that no bytecode of the former content is taken for its own."""
    later_ns = path.stat().st_mtime_ns + 2 * 10**9
    path.write_bytes(content)
    os.utime(path, ns=(later_ns, later_ns))


def passes(root: Path, arguments: Sequence[str], limit_s: float) -> bool:
    """Whether all tests pass within a time limit; whatever they started is ended with them."""
    environment = {**os.environ, "PYTHONPATH": str(root / ".ns"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *arguments]
    tests = subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return tests.wait(limit_s) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        end_group(tests)


def end_group(tests: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a run of tests."""
    with suppress(ProcessLookupError):
        os.killpg(tests.pid, signal.SIGKILL)
    tests.wait()


def summary(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """How many mistakes were found, in all and by part, and all others with the reason."""
    arguments = json.loads((Path(__file__).parent / "mutation_arguments.json").read_text("utf-8"))
    missed = [entry for entry in entries if not entry["found"]]
    parts = sorted({entry["key"].partition(":")[0] for entry in entries})
    return {
        "mutants": len(entries),
        "found": len(entries) - len(missed),
        "score": 1 - len(missed) / len(entries),
        "parts": {part: tally([each for each in entries if each["key"].partition(":")[0] == part]) for part in parts},
        "survivors": [
            {"line": each["line"], "mutant": each["key"], "argument": arguments.get(each["key"], "")} for each in missed
        ],
    }


def tally(entries: list[dict[str, Any]]) -> str:
    """Found of all."""
    return f"{sum(entry['found'] for entry in entries)} of {len(entries)}"


if __name__ == "__main__":
    main(*sys.argv[1:])
