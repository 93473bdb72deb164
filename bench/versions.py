"""Versions of this program and of what it stands on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = {
    "quantal": "quantal",
    "numpy": "numpy",
    "numba": "numba",
    "brian2": "brian2",
    "lava": "lava-nc",
    "torch": "torch",
}
"""What it is called here to its distribution."""


def versions() -> dict[str, str | None]:
    """Name to version; none where it is not installed."""
    return {"python": platform.python_version(), **{name: installed(package) for name, package in PACKAGES.items()}}


def installed(package: str) -> str | None:
    """Version of an installed distribution."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
