"""What can be trained, by name: a model is one file, and one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from neuro.errors import QuantalError
from training import export, fit
from training.models import poisson_vae
from training.settings import Settings


@dataclass(frozen=True)
class Recipe:
    """How a kind of model is set, trained, read back, judged and turned into numbers for circuits."""

    settings: Callable[..., Any]
    fit: Callable[..., Any]
    load_model: Callable[..., Any]
    quality: Callable[..., Any]
    to_parameters: Callable[..., Any]


RECIPES: dict[str, Recipe] = {
    fit.RECIPE: Recipe(Settings, fit.fit, fit.load_model, poisson_vae.quality, export.to_parameters),
}


def recipe_named(name: str) -> Recipe:
    """A recipe; an unknown name is a `QuantalError`."""
    if name not in RECIPES:
        raise QuantalError("no such recipe", where=name, expected=" or ".join(RECIPES))
    return RECIPES[name]
