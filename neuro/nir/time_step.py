"""The time step of a NIR graph, which its file does not hold."""

from __future__ import annotations

import math

from quantal.neuro.errors import QuantalError


def checked_step(dt_s: float | None) -> float:
    """The time step in seconds; a `QuantalError` unless it is given, finite and above 0."""
    if dt_s is None or not (dt_s > 0 and math.isfinite(dt_s)):
        raise QuantalError(
            "a NIR graph does not state its time step",
            where="time step dt",
            expected="seconds, more than 0",
            got="none" if dt_s is None else repr(dt_s),
            hint="give the one that the model was trained with",
        )
    return float(dt_s)
