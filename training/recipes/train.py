"""Train a model by a recipe, and evaluate it."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from quantal.neuro.errors import QuantalError
from quantal.neuro.simulate.progress import Part, silent_part
from quantal.training.recipes.recipe import Recipe


def train(
    recipe: Recipe, samples: Any, settings: Any, out: Path, resume: bool = False, part: Part = silent_part
) -> dict[str, Any]:
    """Train a model and evaluate it on held-out samples; its file is also the checkpoint of the run."""
    check_output(out)
    start = time.perf_counter()
    with part("training") as progress:
        model = recipe.fit(samples, settings, out, resume, lambda done, total, _: progress(done, total))
    seconds = time.perf_counter() - start
    with part("held-out samples"):
        measures = recipe.evaluate(model, samples)
    return {
        "model": out,
        "samples": {"source": samples.source, "train": len(samples.train), "held_out": len(samples.held_out)},
        "settings": asdict(settings),
        "seconds": seconds,
        **measures,
    }


def check_output(out: Path) -> None:
    """Refuse a path that can't be written to, before any work is done."""
    if out.is_dir():
        raise QuantalError("is a folder", where=str(out), expected="the name of a file")
    out.parent.mkdir(parents=True, exist_ok=True)
