"""Handwritten digits, each a constant current into a dense spiking network."""

from __future__ import annotations

from functools import partial

from quantal.training.lazy import LazyFunction
from quantal.training.learn.classifier_settings import ClassifierSettings
from quantal.training.recipes.recipe import classifier_recipe

RECIPE = classifier_recipe(
    summary="MNIST digits, classified by a dense layer of spiking units; images enter as constant currents.",
    settings=partial(
        ClassifierSettings,
        architecture="512-10",
        epochs=30,
        rate_penalty=0.05,
    ),
    samples=LazyFunction("quantal.training.data.digits:load_digits_dataset"),
)
