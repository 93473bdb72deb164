"""Functions whose modules take seconds to import (torch, matplotlib), imported when they are first called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quantal.neuro.registry import loaded


@dataclass(frozen=True)
class LazyFunction:
    """The function at `module:function`; its module is imported at the first call."""

    place: str

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Import the function if necessary, and call it."""
        return loaded(self.place)(*arguments, **options)
