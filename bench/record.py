"""Measurements that take longer than ten minutes: made once, and kept with all that is needed to make them again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from quantal.bench.versions import versions
from quantal.neuro.errors import QuantalError

FOLDER = Path(__file__).parent / "results"
"""In a source tree; an installed package has no recorded results."""


@dataclass(frozen=True)
class Recorded:
    """A measurement by name; `measure` takes long, `command` does the same by hand."""

    name: str
    command: str
    seed: int
    measure: Callable[[], float]

    def value(self, rerun: bool) -> float | None:
        """The recorded value, or that of a new measurement, which is recorded; none where there is no record."""
        path = FOLDER / f"{self.name}.json"
        if rerun:
            self.record(path)
        return read_value(path) if path.is_file() else None

    def record(self, path: Path) -> None:
        """Measure, and write what came out."""
        if not FOLDER.parent.is_dir():
            raise QuantalError(
                "results can only be recorded in a source tree", where=str(FOLDER), hint="run without --rerun"
            )
        begin = datetime.now(timezone.utc)
        entry: dict[str, Any] = {"value": self.measure(), "command": self.command, "seed": self.seed}
        entry |= {"versions": versions(), "date": begin.isoformat(timespec="seconds")}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(entry, indent=1) + "\n")


def read_value(path: Path) -> float:
    """The value of a record."""
    try:
        return json.loads(path.read_text())["value"]
    except (ValueError, KeyError, TypeError) as error:
        raise QuantalError("not a recorded result", where=str(path), got=str(error), hint="use --rerun") from error
