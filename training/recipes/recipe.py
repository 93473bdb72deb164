"""What can be trained, by name: a model is one file, and a recipe of it a line of `recipe_settings`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from quantal.neuro.errors import QuantalError
from quantal.training import export
from quantal.training.data.digits import LabelledImages, load_digits_dataset
from quantal.training.data.heartbeats import load_heartbeats
from quantal.training.data.samples import Samples, load_samples
from quantal.training.learn import classify, fit
from quantal.training.models import poisson_vae
from quantal.training.models.spiking_classifier import SpikingClassifier, judged
from quantal.training.recipes.recipe_settings import DIGITS, HEARTBEATS, SPARSE_CODES

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


def sparse_code(settings: Callable[..., Any]) -> Recipe:
    """The recipe of an iterative Poisson VAE."""
    return Recipe(settings, load_samples, fit.fit, fit.load_model, judge_code, export.to_parameters)


def classifier(settings: Callable[..., Any], samples: Callable[[Path | None], LabelledImages]) -> Recipe:
    """The recipe of a spiking classifier."""
    return Recipe(
        settings=settings,
        samples=lambda path, _: samples(path),
        fit=classify.fit_classifier,
        load_model=classify.load_classifier,
        judge=judge_classes,
    )


RECIPES: dict[str, Recipe] = {
    **{name: sparse_code(settings) for name, settings in SPARSE_CODES.items()},
    **{name: classifier(settings, load_digits_dataset) for name, settings in DIGITS.items()},
    **{name: classifier(settings, load_heartbeats) for name, settings in HEARTBEATS.items()},
}


def recipe_named(name: str) -> Recipe:
    """A recipe; an unknown name is a `QuantalError`."""
    if name not in RECIPES:
        raise QuantalError("no such recipe", where=name, expected=" or ".join(RECIPES))
    return RECIPES[name]
