"""Check that a checkpoint belongs to the run to be resumed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from quantal.neuro.errors import QuantalError


class Checkpoint(Protocol):
    """The parts of a checkpoint that identify its training run."""

    @property
    def recipe(self) -> str: ...  # noqa: D102
    @property
    def settings(self) -> Any: ...  # noqa: D102
    @property
    def samples_digest(self) -> str: ...  # noqa: D102


def check_same_run(found: Checkpoint, requested: Checkpoint, path: str | Path) -> None:
    """Raise `QuantalError` unless a checkpoint belongs to the requested run."""
    old, new = identity(found), identity(requested)
    different = [key for key in new if old[key] != new[key]]
    if different:
        raise QuantalError(
            "the checkpoint belongs to another run",
            where=str(path),
            expected=", ".join(f"{key} {new[key]}" for key in different),
            got=", ".join(f"{key} {old[key]}" for key in different),
            hint="train without resuming, or with the settings and samples of the checkpoint",
        )


def identity(checkpoint: Checkpoint) -> dict[str, object]:
    """The values that all checkpoints of one run share."""
    return {"recipe": checkpoint.recipe, "samples": checkpoint.samples_digest[:12]} | asdict(checkpoint.settings)
