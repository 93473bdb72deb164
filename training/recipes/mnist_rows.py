"""Handwritten digits, one row of pixels per time step, into a recurrent spiking network."""

from __future__ import annotations

from functools import partial

from quantal.training.lazy import LazyFunction
from quantal.training.learn.classifier_settings import ClassifierSettings
from quantal.training.recipes.recipe import classifier_recipe

RECIPE = classifier_recipe(
    summary="MNIST digits, classified by recurrently connected spiking units; one row of pixels enters at each step.",
    settings=partial(
        ClassifierSettings,
        architecture="192r-10",
        coding="rows",
        steps=28,
        readout_decay=0.03,
        surrogate_slope=3.0,
        first_gain=6.0,
        epochs=12,
        learning_rate=0.01,
        rate_penalty=0.02,
        shift_pixels=1,
    ),
    samples=LazyFunction("quantal.training.data.digits:load_digits_dataset"),
)
