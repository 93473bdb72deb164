"""The fast engine; it refuses kinds that have no kernel."""

from __future__ import annotations

from quantal.hardware.backends.backend import FunctionBackend
from quantal.neuro.errors import Refusal


def refuse_without_kernel(kind: type, where: str) -> Refusal | None:
    """Refuse a kind that no kernel is registered for."""
    from quantal.neuro.engine.kernels import kernel_of

    try:
        kernel_of(kind, where)
    except Refusal as refusal:
        return refusal
    return None


ENGINE = FunctionBackend("engine", "quantal.neuro.engine:run", package="numba", refusal_of_kind=refuse_without_kernel)
