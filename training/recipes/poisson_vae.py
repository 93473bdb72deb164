"""Sparse codes of natural images by an iterative Poisson VAE."""

from __future__ import annotations

from quantal.training.lazy import LazyFunction
from quantal.training.learn.poisson_vae_settings import PoissonVaeSettings
from quantal.training.recipes.recipe import Recipe

RECIPE = Recipe(
    summary="A sparse code in spike counts, learned from image patches by a local rule.",
    settings=PoissonVaeSettings,
    samples=LazyFunction("quantal.training.data.samples:load_samples"),
    fit=LazyFunction("quantal.training.learn.poisson_vae:fit_poisson_vae"),
    load_model=LazyFunction("quantal.training.learn.poisson_vae:load_poisson_vae"),
    evaluate=LazyFunction("quantal.training.learn.poisson_vae:evaluate"),
    to_parameters=LazyFunction("quantal.training.export:to_parameters"),
)
