"""Lava's CPU simulator, with one process per part of a network or one for the whole network."""

from __future__ import annotations

from quantal.hardware.backends.backend import END_SNAPSHOT, RESUME, FunctionBackend
from quantal.neuro.errors import Refusal

LIMITS = {
    RESUME: "its processes start from the initial state, with no messages in transit",
    END_SNAPSHOT: "messages in transit between its processes can't be read",
}


def refuse_kind_of_script(kind: type, where: str) -> Refusal | None:
    """Refuse a kind that the running script or notebook defines, which the worker process can't import."""
    if kind.__module__ != "__main__":
        return None
    return Refusal(
        f"{kind.__name__} is defined in the running script, which the separate process of Lava can't import",
        where=where,
        expected="a class that can be imported",
        hint="move it to a module beside the script",
    )


LAVA = FunctionBackend("lava", "quantal.hardware.lava:run_process", "lava", LIMITS, refuse_kind_of_script)
LAVA_FUSED = FunctionBackend("lava-fused", "quantal.hardware.lava:run_fused", "lava", LIMITS, refuse_kind_of_script)
