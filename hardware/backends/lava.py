"""Lava's CPU simulator, with a process for each part of a network or with one for all of it."""

from __future__ import annotations

from quantal.hardware.backends.backend import END, RESUME, FunctionBackend
from quantal.neuro.errors import Refusal

LIMITS = {
    RESUME: "its processes start from the initial state, with no message under way",
    END: "messages that are still under way between its processes can't be read",
}


def defined_in_script(kind: type, where: str) -> Refusal | None:
    """The refusal of a kind of the running script or notebook, which Lava's own process can't import."""
    if kind.__module__ != "__main__":
        return None
    return Refusal(
        f"{kind.__name__} is defined in the script that is running, and Lava runs in a process of its own",
        where=where,
        expected="a class that can be imported",
        hint="move it to a module beside the script",
    )


LAVA = FunctionBackend("lava", "quantal.hardware.lava:run_process", "lava", LIMITS, defined_in_script)
LAVA_FUSED = FunctionBackend("lava-fused", "quantal.hardware.lava:run_fused", "lava", LIMITS, defined_in_script)
