"""The settings of every recipe, by name and by what it learns; what trains them needs torch, these don't."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from quantal.training.learn.classifier_settings import ClassifierSettings
from quantal.training.learn.settings import Settings

Recipes = Mapping[str, Callable[..., Any]]
"""A recipe to what makes its settings."""

SPARSE_CODES: Recipes = {"poisson-vae": Settings}

DIGITS: Recipes = {
    "mnist-mlp": partial(ClassifierSettings, architecture="512-10", epochs=30, rate_penalty=0.05),
    "mnist-mlp-rate": partial(
        ClassifierSettings, architecture="512-10", coding="rate", epochs=20, rate_penalty=0.05, shift_pixels=1
    ),
    "mnist-mlp-latency": partial(
        ClassifierSettings,
        architecture="512-10",
        coding="latency",
        first_gain=6.0,
        epochs=20,
        rate_penalty=0.05,
        shift_pixels=1,
    ),
    "mnist-conv": partial(
        ClassifierSettings,
        architecture="16c5s2-32c5s2-64-10",
        steps=6,
        gain=6.0,
        epochs=10,
        rate_penalty=0.2,
        shift_pixels=1,
    ),
    "mnist-rows": partial(
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
}

HEARTBEATS: Recipes = {
    "ecg-beats": partial(
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
}

SETTINGS: Recipes = {**SPARSE_CODES, **DIGITS, **HEARTBEATS}
"""Every recipe; the first is what is trained unless told."""
