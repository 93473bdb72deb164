"""The recipes by name; each is one file in this folder, loaded when it is first used."""

from __future__ import annotations

from quantal.neuro.registry import Registry
from quantal.training.recipes.recipe import Recipe

RECIPES: Registry[Recipe] = Registry(
    "recipe",
    {
        "poisson-vae": "quantal.training.recipes.poisson_vae:RECIPE",
        "mnist-mlp": "quantal.training.recipes.mnist_mlp:RECIPE",
        "mnist-mlp-rate": "quantal.training.recipes.mnist_mlp_rate:RECIPE",
        "mnist-mlp-latency": "quantal.training.recipes.mnist_mlp_latency:RECIPE",
        "mnist-conv": "quantal.training.recipes.mnist_conv:RECIPE",
        "mnist-rows": "quantal.training.recipes.mnist_rows:RECIPE",
        "ecg-beats": "quantal.training.recipes.ecg_beats:RECIPE",
    },
)
DEFAULT = "poisson-vae"
"""The recipe that is used if none is named."""


def register_recipe(name: str, recipe: Recipe | str) -> None:
    """Add a recipe, or its place `module:attribute`, from which it is imported when it is first used."""
    RECIPES.register(name, recipe)
