"""Names to functions whose modules are loaded when they are first called."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


def loaded(place: str) -> Callable[..., Any]:
    """The function at `module:function`."""
    module, name = place.split(":")
    return getattr(import_module(module), name)
