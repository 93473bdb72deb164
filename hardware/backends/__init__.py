"""What can run a network, by name: one file for each backend, and one line below.

A package adds its own with `register_backend`.
"""

from __future__ import annotations

from quantal.hardware.backends.backend import Backend
from quantal.neuro.errors import QuantalError, has, require
from quantal.neuro.registry import Registry

BACKENDS: Registry[Backend] = Registry(
    "backend",
    {
        "reference": "quantal.hardware.backends.reference:REFERENCE",
        "engine": "quantal.hardware.backends.engine:ENGINE",
        "brian2": "quantal.hardware.backends.brian2:BRIAN2",
        "lava": "quantal.hardware.backends.lava:LAVA",
        "lava-fused": "quantal.hardware.backends.lava:LAVA_FUSED",
    },
)


def register_backend(name: str, backend: Backend | str) -> None:
    """Add a backend, or the place `module:attribute` where it is imported from when it is first used."""
    BACKENDS.register(name, backend)


def backend(name: str) -> Backend:
    """A backend whose package is installed; any other is a `QuantalError` that says what is missing."""
    found = BACKENDS[name]
    if found.package:
        require(found.package, f"backend {name}")
    return found


def missing(name: str) -> bool:
    """Whether the package that a backend needs is not installed."""
    package = BACKENDS[name].package
    return bool(package) and not has(package)


def resumable() -> list[str]:
    """Names of the backends that can resume a run from a snapshot."""
    return [name for name, each in BACKENDS.items() if each.resumable]


def listed(names: str) -> list[str]:
    """Names of backends from a text with commas, each checked."""
    chosen = [name.strip() for name in names.split(",") if name.strip()]
    for name in chosen:
        BACKENDS.check(name)
    if not chosen:
        raise QuantalError("no backend named", expected=f"some of {', '.join(BACKENDS)}", got=repr(names))
    return chosen
