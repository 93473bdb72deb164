"""Handwritten digits, each a constant current into a convolutional spiking network."""

from __future__ import annotations

from functools import partial

from quantal.training.lazy import LazyFunction
from quantal.training.learn.classifier_settings import ClassifierSettings
from quantal.training.recipes.recipe import classifier_recipe

RECIPE = classifier_recipe(
    summary="MNIST digits, classified by a convolutional spiking network; images enter as constant currents.",
    settings=partial(
        ClassifierSettings,
        architecture="16c5s2-32c5s2-64-10",
        steps=6,
        gain=6.0,
        epochs=10,
        rate_penalty=0.2,
        shift_pixels=1,
    ),
    samples=LazyFunction("quantal.training.data.digits:load_digits_dataset"),
)
