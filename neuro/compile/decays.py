"""Notes on decays that 4096ths can't hold, such as a current without leak where the chip's register adds one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from quantal.neuro.arithmetic import DECAY_UNITY
from quantal.neuro.protocols import FloatIntegration, Floats, Integration

TOLERANCE = 0.05
"""Relative change of a time constant that is worth a note."""

DECAYS = {"decay": "", "decay_u": "decay_offset", "decay_v": ""}
"""Fields of integrations that hold a decay, and the field of a number that the chip adds to it."""


def decay_notes(wanted: FloatIntegration, made: Integration) -> Iterator[str]:
    """The unit whose decay changes most, for each kind of decay that changes by more than `TOLERANCE`."""
    for name, added in DECAYS.items():
        if hasattr(wanted, name) and hasattr(made, name):
            share = np.atleast_1d(getattr(wanted, name))
            register = np.atleast_1d(getattr(made, name)) + getattr(made, added, 0)
            yield from decay_note(name, share, register / DECAY_UNITY)


def decay_note(name: str, wanted: Floats, made: Floats) -> Iterator[str]:
    """A note on one kind of decay, `(units,)` or a single number."""
    off = np.maximum(relative_change(wanted, made), relative_change(1 - wanted, 1 - made))
    if off.max(initial=0.0) > TOLERANCE:
        unit = int(np.argmax(off))
        got = round(float(made[unit]) * DECAY_UNITY)
        yield (
            f"{name} of unit {unit} is {wanted[unit]:.4g} in the graph and {got}/{DECAY_UNITY} ({made[unit]:.4g}) in "
            f"the network; {np.count_nonzero(off > TOLERANCE)} of {off.size} differ by more than {TOLERANCE:.0%}"
        )


def relative_change(wanted: Floats, made: Floats) -> Floats:
    """How far `made` is from `wanted`, relative to `wanted`; infinite where only `wanted` is 0."""
    change = np.abs(made - wanted)
    ratio = np.divide(change, wanted, out=np.full(change.shape, np.inf), where=wanted != 0)
    return np.where(change == 0, 0.0, ratio)
