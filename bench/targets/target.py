"""A target: a measured value, its limit, and whether it is met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Measured = Literal["now", "recorded"]


@dataclass(frozen=True)
class Target:
    """A measured value and its limit; without a measurement, `value` is `None` and the target is not met."""

    name: str
    value: float | bool | None
    limit: str
    holds: bool
    measured: Measured
    command: str


def at_most(name: str, value: float | None, limit: float, command: str, measured: Measured = "now") -> Target:
    """A value with an upper limit."""
    return Target(name, value, f"<= {limit:g}", value is not None and value <= limit, measured, command)


def at_least(name: str, value: float | None, limit: float, command: str, measured: Measured = "now") -> Target:
    """A value with a lower limit."""
    return Target(name, value, f">= {limit:g}", value is not None and value >= limit, measured, command)


def is_true(name: str, value: bool, command: str) -> Target:
    """A statement that must be true."""
    return Target(name, value, "true", value, "now", command)
