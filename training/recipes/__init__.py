"""What can be trained, by name: one file for each recipe. Other packages add their own with `register_recipe`."""

from __future__ import annotations

from quantal.training.recipes.recipe import Recipe
from quantal.training.recipes.registry import RECIPES, register_recipe

__all__ = ["RECIPES", "Recipe", "register_recipe"]
