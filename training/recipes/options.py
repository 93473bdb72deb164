"""The settings of a training run, from a TOML file and from assignments `name=value`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from quantal.neuro.errors import QuantalError
from quantal.training.learn.setting import with_values
from quantal.training.recipes.recipe import Recipe

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def chosen_settings(recipe: Recipe, file: Path | None, assignments: Iterable[str]) -> Any:
    """The settings of a recipe, changed by a TOML file and then by assignments `name=value`."""
    values = {} if file is None else read_settings(file)
    return with_values(recipe.settings, values | dict(map(parse_assignment, assignments)))


def read_settings(path: Path) -> dict[str, Any]:
    """The settings in a TOML file, which has a line `name = value` for each."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (ValueError, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise QuantalError(
            "not a settings file", where=str(path), expected="TOML with lines such as epochs = 5", got=reason
        ) from error


def parse_assignment(text: str) -> tuple[str, str]:
    """The name and the value in `name=value`."""
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise QuantalError("not an assignment", where=f"--set {text}", expected="--set name=value")
    return name.strip().replace("-", "_"), value.strip()
