"""Functions whose modules take seconds to import (torch, matplotlib), as names that load them when they are called.

Commands take them from here, so that `--help` and a mistyped command line are answered at once.
"""

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


graph_in = LazyFunction("quantal.training.export.graph_of_file:graph_in")
what_is_compiled = LazyFunction("quantal.training.export.graph_of_file:what_is_compiled")
load_checkpoint = LazyFunction("quantal.training.learn.checkpoint:load_checkpoint")
load_classifier_checkpoint = LazyFunction("quantal.training.learn.classifier_checkpoint:load_classifier_checkpoint")
recipe_named = LazyFunction("quantal.training.recipes.recipe:recipe_named")
save_picture = LazyFunction("quantal.commands.report.file_pictures:save_picture")
Plan = LazyFunction("quantal.bench.experiments.demo:Plan")
run_demo = LazyFunction("quantal.bench.experiments.demo:run_demo")
write_report = LazyFunction("quantal.commands.report.demo:write_report")
