"""Notes on time constants that a wrong time step makes meaningless: one step long, or too long to leak at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from quantal.neuro.arithmetic import DECAY_UNITY
from quantal.neuro.protocols import Floats

SHORTEST = 1 / (1 + 1e-6)
"""Share of a state from which on nothing is left of it after a step; a tau of one step is often a 32-bit float."""

NOTES = "notes"
"""Key of the notes of an import in the provenance of a graph."""

LONGEST_STEPS = 2 * DECAY_UNITY
"""Time constant in steps from which on the share that leaks in a step is rounded to 0 of 4096."""


def memory_notes(subject: str, share: Floats) -> Iterator[str]:
    """What is odd about `dt / tau`, the share of a state that leaks in one step, `(units,)`; nothing if all is well."""
    cases = {
        "is one time step, so nothing of the state is left after a step": share >= SHORTEST,
        f"is more than {LONGEST_STEPS} time steps, so the state practically never leaks": share < 1 / LONGEST_STEPS,
    }
    for what, units in cases.items():
        if units.any():
            yield f"{subject} of {np.count_nonzero(units)} of {units.size} units {what}: is the time step right?"


def noted(notes: Iterable[str]) -> dict[str, str]:
    """The notes of an import as an entry of the provenance, none if there are none."""
    found = "\n".join(notes)
    return {NOTES: found} if found else {}
