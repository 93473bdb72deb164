"""The registry of backends: one file for each, and one line below.

Another package adds its own with `register_backend`.
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
    """Add a backend, or the `module:attribute` from which it is imported when it is first used."""
    BACKENDS.register(name, backend)


def backend(name: str) -> Backend:
    """The backend of that name; an unknown name or a missing package is a `QuantalError`."""
    found = BACKENDS[name]
    if found.package:
        require(found.package, f"backend {name}")
    return found


def is_missing(name: str) -> bool:
    """Whether the package that a backend needs is not installed."""
    package = BACKENDS[name].package
    return bool(package) and not has(package)


def resumable() -> list[str]:
    """Names of the backends that can resume a run from a snapshot."""
    return [name for name, each in BACKENDS.items() if each.resumable]


def backend_names(text: str) -> list[str]:
    """The names in a comma-separated list of backends; an unknown one is a `QuantalError`."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        BACKENDS.check(name)
    if not names:
        raise QuantalError("no backend named", expected=f"some of {', '.join(BACKENDS)}", got=repr(text))
    return names
