"""Functions whose modules take seconds to import (torch, matplotlib), as names that load them when they are called.

Commands take them from here, so that `--help` and a mistyped command line are answered at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Later:
    """The function at `module:function`; its module is imported at the first call."""

    place: str

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Call it."""
        return loaded(self.place)(*arguments, **options)


def loaded(place: str) -> Callable[..., Any]:
    """The function at `module:function`."""
    module, name = place.split(":")
    return getattr(import_module(module), name)


fit = Later("training.fit:fit")
graph_of = Later("training.deployment:graph_of")
load_checkpoint = Later("training.checkpoint:load_checkpoint")
load_classifier = Later("training.classify:load_classifier")
load_classifier_checkpoint = Later("training.classifier_checkpoint:load_classifier_checkpoint")
recipe_named = Later("training.recipes:recipe_named")
save_picture = Later("commands.report.of_files:save_picture")
to_parameters = Later("training.export:to_parameters")
write_report = Later("commands.report.demo:write_report")
