"""Registering a kind: it must be a frozen dataclass with every member of its protocol."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from quantal.neuro.errors import QuantalError
from quantal.neuro.protocols import POTENTIAL, FloatIntegration, Integration
from quantal.neuro.registry import Registry


def register_kind(registry: Registry[Any], kind: type, protocol: type) -> None:
    """Register a kind under the name of its class; a `QuantalError` if it lacks a member of its protocol."""
    frozen = is_dataclass(kind) and getattr(kind, "__dataclass_params__").frozen  # noqa: B009
    if not frozen:
        raise QuantalError("not a frozen dataclass", where=f"registering the {registry.noun} {kind.__name__}")
    lacking = sorted(members(protocol) - {*dir(kind), *(each.name for each in fields(kind))})
    if lacking:
        raise QuantalError(
            f"lacks {', '.join(lacking)}",
            where=f"registering the {registry.noun} {kind.__name__}",
            hint=f"quantal.neuro.protocols.{protocol.__name__} says what each member does",
        )
    registry.register(kind.__name__, kind)


def members(protocol: type) -> set[str]:
    """Names of the members of a protocol."""
    return {name for name in (*vars(protocol), *protocol.__annotations__) if not name.startswith("_")}


def check_potential(kind: type[Integration] | type[FloatIntegration]) -> None:
    """Refuse an integration whose last state variable is not the membrane potential."""
    if kind.states[-1:] != (POTENTIAL,):
        raise QuantalError(
            "the last state variable is not the membrane potential",
            where=f"states of {kind.__name__}",
            expected=f"{POTENTIAL!r} as the last",
            got=str(kind.states),
        )
