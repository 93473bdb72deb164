"""`quantal train`: a model from samples."""

from __future__ import annotations

import time
from dataclasses import MISSING, Field, asdict, fields
from pathlib import Path
from typing import Any

import click

from commands.console import Part, Screen, silent_part, table
from commands.line import command as command_of
from neuro.errors import QuantalError
from training.recipes import RECIPES, Recipe, recipe_named
from training.samples import Samples, load_samples
from training.settings import Settings

JUDGED = 500
"""Held-out samples that the trained model is judged on."""


def train(
    recipe: Recipe, samples: Samples, settings: Any, out: Path, resume: bool = False, part: Part = silent_part
) -> dict[str, Any]:
    """Train a model, whose file is also its checkpoint, and judge it on held-out samples."""
    check_place(out)
    begin = time.perf_counter()
    with part("training") as progress:
        model = recipe.fit(samples, settings, out, resume, lambda done, total, _: progress(done, total))
    seconds = time.perf_counter() - begin
    with part("held-out samples"):
        quality = recipe.quality(model, samples.held_out[:JUDGED])
    return {
        "model": out,
        "samples": {"source": samples.source, "train": len(samples.train), "held_out": len(samples.held_out)},
        "settings": asdict(settings),
        "seconds": seconds,
        "r2": quality.r2,
        "zeros": quality.zeros,
        "distance": quality.distance,
    }


def check_place(out: Path) -> None:
    """Refuse a place that can't hold a file, before the work is done."""
    if out.is_dir():
        raise QuantalError("is a folder", where=str(out), expected="the name of a file")
    out.parent.mkdir(parents=True, exist_ok=True)


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    rows = [["R² (held-out samples)", result["r2"]], ["share of zeros", result["zeros"]]]
    rows += [["distance from the optimum", result["distance"]], ["seconds of training", result["seconds"]]]
    return [table(f"Trained on {result['samples']['source']}", ["", "value"], rows), f"written: {result['model']}"]


def setting_option(field: Field[Any]) -> click.Option:
    """A setting of a recipe as an option; the recipe itself says what is out of range."""
    default = None if field.default is MISSING else field.default
    name = f"--{field.name.replace('_', '-')}"
    return click.Option([name, field.name], type=type(default), default=default, show_default=True)


@command_of
@click.option("--data", type=click.Path(path_type=Path), help="Samples: .npy, .npz or a folder of pictures.")
@click.option("--recipe", "name", default=next(iter(RECIPES)), show_default=True, help="What is trained.")
@click.option("--patch-side", default=16, show_default=True, help="Side of patches of pictures, in pixels.")
@click.option("--out", default=Path("model.safetensors"), show_default=True, type=click.Path(path_type=Path))
@click.option("--resume", is_flag=True, help="Go on from what --out holds.")
def command(
    screen: Screen, data: Path | None, name: str, patch_side: int, out: Path, resume: bool, **settings: Any
) -> None:
    """Learn a model from samples, by default from photographs that come with quantal.

    The model's file is written every few updates, and is what --resume goes on from.
    """
    recipe = recipe_named(name)
    chosen = recipe.settings(**settings)
    samples = load_samples(data, patch_side=patch_side)
    result = train(recipe, samples, chosen, out, resume, screen.part)
    screen.result(result, *readable(result))


command.params += [setting_option(field) for field in fields(Settings)]
