"""Parts whose arrays and mappings nobody can change, so that a verified network stays verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Part = TypeVar("Part")


def freeze(noun: Any, *names: str) -> None:
    """Freeze these fields of a frozen dataclass under construction."""
    for name in names:
        object.__setattr__(noun, name, frozen(getattr(noun, name)))


def frozen(part: Part) -> Part:
    """The same array, mapping, tuple or dataclass with read-only arrays and mappings, at any depth.

    An array is copied unless it and all that it is a view of are read-only already, so that its maker can still write
    to his own; whoever gives an array away sets `writeable = False` on it and saves the copy.
    """
    given: Any = part
    if isinstance(given, np.ndarray):
        return given if is_read_only(given) else read_only_copy(given)  # type: ignore[return-value]
    if isinstance(given, Mapping):
        return MappingProxyType({key: frozen(value) for key, value in given.items()})  # type: ignore[return-value]
    if isinstance(given, tuple):
        return tuple(frozen(value) for value in given)  # type: ignore[return-value]
    if is_dataclass(given) and not isinstance(given, type):
        return with_frozen_fields(given)
    return part


def with_frozen_fields(part: Any) -> Any:
    """The same dataclass with frozen fields; itself if they are frozen already."""
    changed = {
        each.name: after
        for each in fields(part)
        if each.init and (after := frozen(before := getattr(part, each.name))) is not before
    }
    return replace(part, **changed) if changed else part


def is_read_only(array: Any) -> bool:
    """Whether an array and all that it is a view of are read-only."""
    while isinstance(array, np.ndarray):
        if array.flags.writeable:
            return False
        array = array.base
    return True


def read_only_copy(array: NDArray[Any]) -> NDArray[Any]:
    """A copy that nobody else knows."""
    copy = array.copy()
    copy.flags.writeable = False
    return copy
