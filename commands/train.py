"""`quantal train`: a model from samples."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, table
from quantal.commands.lazy import recipe_named
from quantal.neuro.errors import QuantalError
from quantal.neuro.simulate.progress import Part, silent_part
from quantal.training.recipes.recipe_settings import SETTINGS

if TYPE_CHECKING:
    from quantal.training.recipes.recipe import Recipe

MEASURES = {
    "r2": "R² (held-out samples)",
    "zeros": "share of zeros",
    "distance": "distance from the optimum",
    "validation": "accuracy (validation samples)",
    "accuracy": "accuracy (held-out samples)",
    "rate": "spikes per unit and step",
}
"""What a recipe may measure, in words."""


def train(
    recipe: Recipe, samples: Any, settings: Any, out: Path, resume: bool = False, part: Part = silent_part
) -> dict[str, Any]:
    """Train a model, whose file is also its checkpoint, and judge it on held-out samples."""
    check_place(out)
    begin = time.perf_counter()
    with part("training") as progress:
        model = recipe.fit(samples, settings, out, resume, lambda done, total, _: progress(done, total))
    seconds = time.perf_counter() - begin
    with part("held-out samples"):
        measured = recipe.judge(model, samples)
    return {
        "model": out,
        "samples": {"source": samples.source, "train": len(samples.train), "held_out": len(samples.held_out)},
        "settings": asdict(settings),
        "seconds": seconds,
        **measured,
    }


def check_place(out: Path) -> None:
    """Refuse a place that can't hold a file, before the work is done."""
    if out.is_dir():
        raise QuantalError("is a folder", where=str(out), expected="the name of a file")
    out.parent.mkdir(parents=True, exist_ok=True)


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    rows = [[words, result[name]] for name, words in MEASURES.items() if name in result]
    rows.append(["seconds of training", result["seconds"]])
    return [table(f"Trained on {result['samples']['source']}", ["", "value"], rows), f"written: {result['model']}"]


def options_of_settings() -> list[click.Option]:
    """Every setting of every recipe as an option, with each recipe's default in its help."""
    defaults: dict[str, dict[str, Any]] = {}
    for name, settings in SETTINGS.items():
        for each, default in asdict(settings()).items():
            defaults.setdefault(each, {})[name] = default
    return [setting_option(name, values) for name, values in defaults.items()]


def setting_option(name: str, defaults: dict[str, Any]) -> click.Option:
    """A setting as an option; the recipe itself says what is out of range."""
    known = ", ".join(f"{recipe} {default}" for recipe, default in defaults.items())
    kind = type(next(iter(defaults.values())))
    return click.Option([f"--{name.replace('_', '-')}", name], type=kind, help=f"[{known}]")


def settings_of(name: str, options: dict[str, Any]) -> Any:
    """The settings of a recipe with what was given; an option of another recipe is a `QuantalError`."""
    given = {key: value for key, value in options.items() if value is not None}
    recipe = recipe_named(name)
    known = asdict(recipe.settings())
    foreign = [key for key in given if key not in known]
    if foreign:
        raise QuantalError(
            "not a setting of this recipe", where=foreign[0], expected=", ".join(known), got=f"recipe {name}"
        )
    return recipe.settings(**given)


@command_of
@click.option("--data", type=click.Path(path_type=Path), help="Samples: .npy, .npz or a folder of pictures; MNIST.")
@click.option("--recipe", "name", default=next(iter(SETTINGS)), show_default=True, help="What is trained.")
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
    chosen = settings_of(name, settings)
    samples = recipe.samples(data, patch_side)
    result = train(recipe, samples, chosen, out, resume, screen.part)
    screen.result(result, *readable(result))


command.params += options_of_settings()
