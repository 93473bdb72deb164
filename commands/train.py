"""`quantal train`: train a model on samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import click

from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, table
from quantal.neuro.errors import QuantalError, did_you_mean
from quantal.training.learn.setting import allowed_by
from quantal.training.recipes.options import chosen_settings
from quantal.training.recipes.registry import DEFAULT, RECIPES
from quantal.training.recipes.train import train

MEASURES = {
    "r2": "R² (held-out samples)",
    "zeros": "share of zeros",
    "distance": "distance from the optimum",
    "validation": "accuracy (validation samples)",
    "accuracy": "accuracy (held-out samples)",
    "rate": "spikes per unit and step",
}
"""Measure of a recipe to its description."""


class TrainCommand(click.Command):
    """A command whose help lists the recipes or, where a recipe is named, its settings."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Look up the recipe before `--help` is handled."""
        try:
            given, _, _ = self.make_parser(ctx).parse_args([*args])
        except click.NoSuchOption as error:
            raise unknown_option(error.option_name, args) from None
        if type(given.get("recipe")) is str:
            RECIPES.check(given["recipe"])
            ctx.obj = given["recipe"]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """The usage line, with the recipe if one is named."""
        return [*super().collect_usage_pieces(ctx)[:-1], ctx.obj or "[RECIPE]"]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The summary of the recipe, or that of the command."""
        if ctx.obj:
            formatter.write(f"\n  {RECIPES[ctx.obj].summary}\n")
        else:
            super().format_help_text(ctx, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The recipes or the settings, then the options."""
        title, rows = ("Settings (--set NAME=VALUE)", setting_rows(ctx.obj)) if ctx.obj else ("Recipes", recipe_rows())
        with formatter.section(title):
            formatter.write_dl(rows)
        super().format_options(ctx, formatter)


def recipe_rows() -> list[tuple[str, str]]:
    """Name and summary of each recipe."""
    return [(f"{name} (default)" if name == DEFAULT else name, recipe.summary) for name, recipe in RECIPES.items()]


def setting_rows(recipe: str) -> list[tuple[str, str]]:
    """Each setting of a recipe with its default, its meaning and its range."""
    settings = RECIPES[recipe].settings()
    return [
        (f"{each.name}={getattr(settings, each.name)}", f"{each.metadata['meaning']} [{allowed_by(each).short}]")
        for each in fields(settings)
    ]


def unknown_option(option: str, args: Sequence[str]) -> QuantalError:
    """The error for an unknown option, which may be a setting, the recipe or a typing error."""
    name, value = option.lstrip("-").replace("-", "_"), value_after(option, args) or "VALUE"
    if name == "recipe":
        return QuantalError("a recipe is an argument, not an option", where=option, expected=f"quantal train {value}")
    if name in {each.name for recipe in RECIPES.values() for each in fields(recipe.settings())}:
        return QuantalError("settings are given with --set", where=option, expected=f"--set {name}={value}")
    options = [text for parameter in click.get_current_context().command.params for text in parameter.opts]
    return QuantalError(
        "no such option", where=option, hint=did_you_mean(option, options) or "see quantal train --help"
    )


def value_after(option: str, args: Sequence[str]) -> str | None:
    """The value given to an option."""
    for arg, following in zip(args, [*args[1:], None], strict=True):
        if arg == option:
            return following
        if arg.startswith(f"{option}="):
            return arg.partition("=")[2]
    return None


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    rows = [[words, result[name]] for name, words in MEASURES.items() if name in result]
    rows.append(["seconds of training", result["seconds"]])
    return [table(f"Trained on {result['samples']['source']}", ["", "value"], rows), f"written: {result['model']}"]


@partial(command_of, kind=TrainCommand)
@click.argument("recipe", default=DEFAULT)
@click.option("--data", type=click.Path(path_type=Path), help="Samples: .npy, .npz or a folder of images.")
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="A setting of the recipe; repeatable.")
@click.option("--config", type=click.Path(path_type=Path), help="A TOML file of settings; --set overrides it.")
@click.option("--patch-side", default=16, show_default=True, help="Side of the patches cut from pictures, in pixels.")
@click.option("--out", default=Path("model.safetensors"), show_default=True, type=click.Path(path_type=Path))
@click.option("--resume", is_flag=True, help="Resume from the checkpoint in --out.")
def command(
    screen: Screen,
    recipe: str,
    data: Path | None,
    assignments: tuple[str, ...],
    config: Path | None,
    patch_side: int,
    out: Path,
    resume: bool,
) -> None:
    """Train a model by RECIPE, by default on the photographs that come with quantal.

    `quantal train RECIPE --help` lists the recipe's settings. The model's file is written regularly during training,
    and is the checkpoint from which --resume continues.
    """
    chosen = RECIPES[recipe]
    settings = chosen_settings(chosen, config, assignments)
    result = train(chosen, chosen.samples(data, patch_side), settings, out, resume, screen.part)
    screen.result(result, *readable(result))
