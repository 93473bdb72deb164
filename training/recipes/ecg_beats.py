"""Wide and narrow heartbeats of one recording, classified by a recurrent spiking network."""

from __future__ import annotations

from functools import partial

from quantal.training.lazy import LazyFunction
from quantal.training.learn.classifier_settings import ClassifierSettings
from quantal.training.recipes.recipe import classifier_recipe

RECIPE = classifier_recipe(
    summary="Wide and narrow heartbeats of an ECG, classified by recurrently connected spiking units.",
    settings=partial(
        ClassifierSettings,
        architecture="32r-2",
        coding="rows",
        steps=48,
        readout_decay=0.03,
        surrogate_slope=3.0,
        first_gain=8.0,
        epochs=20,
        batch=16,
        learning_rate=0.01,
        shift_pixels=0,
    ),
    samples=LazyFunction("quantal.training.data.heartbeats:load_heartbeats"),
)
