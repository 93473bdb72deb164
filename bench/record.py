"""Results of long measurements, recorded as JSON with everything needed to repeat them."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from quantal.hardware.installation import versions
from quantal.neuro.errors import QuantalError

ROOT = Path(__file__).resolve().parent.parent
"""The root of the source tree, or of the installed package."""
FOLDER = ROOT / "bench" / "results"
"""The folder of records; an installed package has those of its release."""


def about(command: str, seed: int | None) -> dict[str, Any]:
    """How to repeat a measurement, and where and when it was made."""
    return {
        "command": command,
        "seed": seed,
        "versions": versions(),
        "machine": {"cores": os.cpu_count(), "processor": processor()},
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def processor() -> str:
    """Name of the processor, as far as the system reports it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def write_record(path: str | Path, command: str, seed: int | None, results: dict[str, Any]) -> None:
    """Write the results of an experiment with the command that repeats it."""
    Path(path).write_text(json.dumps({**about(command, seed), **results}, indent=1) + "\n")


def read_record(name: str) -> dict[str, Any]:
    """A record by name; empty if there is none."""
    path = FOLDER / f"{name}.json"
    try:
        return json.loads(path.read_text("utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise QuantalError("not a recorded result", where=str(path), got=str(error), hint="use --rerun") from error


def command_line(experiment: str, out: str | Path, inputs: list[str]) -> str:
    """The command that repeats an experiment from the root of the source tree; files are given by name only."""
    module = f"python -m quantal.bench.experiments.{experiment}"
    first, *others = (Path(each).name for each in inputs)
    return " ".join([module, first, f"bench/results/{Path(out).name}", *others])


@dataclass(frozen=True)
class RecordedValue:
    """A value that takes long to measure, by name; `command` measures it by hand."""

    name: str
    command: str
    seed: int
    measure: Callable[[], float]

    def value(self, rerun: bool) -> float | None:
        """The recorded value, measured and recorded anew on request; `None` if there is no record."""
        if rerun:
            self.record()
        return read_record(self.name).get("value")

    def record(self) -> None:
        """Measure the value and write its record."""
        if not (FOLDER.parent.parent / "pyproject.toml").is_file():
            raise QuantalError(
                "results can only be recorded in a source tree", where=str(FOLDER), hint="run without --rerun"
            )
        value = self.measure()
        FOLDER.mkdir(parents=True, exist_ok=True)
        write_record(FOLDER / f"{self.name}.json", self.command, self.seed, {"value": value})
