"""Functions whose modules take seconds to import (torch, matplotlib), under names that load them at the first call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quantal.neuro.registry import loaded


@dataclass(frozen=True)
class LazyFunction:
    """The function at `module:function`; its module is imported at the first call."""

    place: str

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Call it."""
        return loaded(self.place)(*arguments, **options)
