"""One promise: a value, the bar that it has to take, and whether it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Measured = Literal["now", "recorded"]


@dataclass(frozen=True)
class Bar:
    """A measured promise; `value` is `None` and the bar not held where nothing was measured or recorded."""

    name: str
    value: float | bool | None
    bar: str
    holds: bool
    measured: Measured
    command: str


def at_most(name: str, value: float | None, limit: float, command: str, measured: Measured = "now") -> Bar:
    """A value that may not be larger."""
    return Bar(name, value, f"<= {limit:g}", value is not None and value <= limit, measured, command)


def at_least(name: str, value: float, limit: float, command: str) -> Bar:
    """A value that may not be smaller."""
    return Bar(name, value, f">= {limit:g}", value >= limit, "now", command)


def is_true(name: str, value: bool, command: str) -> Bar:
    """Something that has to be so."""
    return Bar(name, value, "true", value, "now", command)
