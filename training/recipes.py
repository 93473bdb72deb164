"""What can be trained, by name: a model is one file, and one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from neuro.errors import QuantalError
from training import classify, export, fit
from training.classifier_settings import ClassifierSettings
from training.digits import LabelledImages, load_digits_dataset
from training.heartbeats import load_heartbeats
from training.models import poisson_vae
from training.models.spiking_classifier import SpikingClassifier, judged
from training.samples import Samples, load_samples
from training.settings import Settings

JUDGED = 500
"""Held-out samples that a trained Poisson VAE is judged on."""


@dataclass(frozen=True)
class Recipe:
    """How a kind of model is set, what it learns from, how it's trained, read back and judged.

    `samples` takes a path or None and a side of patches in pixels; what it gives has `train`, `held_out` and `source`.
    `judge` gives measures of a model on held-out samples by name. `to_parameters` gives the numbers for circuits, where
    there is a circuit for the model.
    """

    settings: Callable[..., Any]
    samples: Callable[[Path | None, int], Any]
    fit: Callable[..., Any]
    load_model: Callable[..., Any]
    judge: Callable[[Any, Any], dict[str, float]]
    to_parameters: Callable[..., Any] | None = None


def judge_code(model: poisson_vae.PoissonVAE, samples: Samples) -> dict[str, float]:
    """R², share of zeros and distance from the optimum of a sparse code."""
    found = poisson_vae.quality(model, samples.held_out[:JUDGED])
    return {**asdict(found), "distance": found.distance}


def judge_classes(model: SpikingClassifier, images: LabelledImages) -> dict[str, float]:
    """Accuracy of a classifier, its mean number of spikes per hidden unit and step, and accuracy in validation."""
    return judged(model, images.held_out, images.held_out_labels) | classify.validated(model, images)


def classifier(samples: Callable[[Path | None], LabelledImages] = load_digits_dataset, **settings: Any) -> Recipe:
    """The recipe of a spiking classifier, of digits unless told, with settings that differ from the defaults."""
    return Recipe(
        settings=partial(ClassifierSettings, **settings),
        samples=lambda path, _: samples(path),
        fit=classify.fit_classifier,
        load_model=classify.load_classifier,
        judge=judge_classes,
    )


RECIPES: dict[str, Recipe] = {
    fit.RECIPE: Recipe(Settings, load_samples, fit.fit, fit.load_model, judge_code, export.to_parameters),
    "mnist-mlp": classifier(layout="512-10", epochs=30, rate_penalty=0.05),
    "mnist-mlp-rate": classifier(layout="512-10", coding="rate", epochs=4, rate_penalty=0.05, shift_pixels=1),
    "mnist-mlp-latency": classifier(
        layout="512-10", coding="latency", first_gain=6.0, epochs=4, rate_penalty=0.05, shift_pixels=1
    ),
    "mnist-conv": classifier(
        layout="16c5s2-32c5s2-64-10", steps=6, gain=6.0, epochs=10, rate_penalty=0.05, shift_pixels=1
    ),
    "mnist-rows": classifier(
        layout="192r-10",
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
    "ecg-beats": classifier(
        load_heartbeats,
        layout="32r-2",
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


def recipe_named(name: str) -> Recipe:
    """A recipe; an unknown name is a `QuantalError`."""
    if name not in RECIPES:
        raise QuantalError("no such recipe", where=name, expected=" or ".join(RECIPES))
    return RECIPES[name]
