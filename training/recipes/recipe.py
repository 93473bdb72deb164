"""A recipe: which model is trained, on which samples, how, and how it is evaluated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantal.training.lazy import LazyFunction


@dataclass(frozen=True)
class Recipe:
    """Everything that `quantal train` needs to know about one kind of model.

    Functions that need torch are best given as `LazyFunction`, so that help and errors appear immediately.

    Parameters
    ----------
    summary
        One line of help.
    settings
        A frozen dataclass of settings or a function that makes one; its fields are declared by
        `training.learn.setting.setting`.
    samples
        `(path or None, side of patches in pixels)` to samples with `train`, `held_out` and `source`.
    fit
        `(samples, settings, checkpoint path, resume, progress)` to a trained model.
    load_model
        The model in a checkpoint file.
    evaluate
        `(model, samples)` to measures on held-out samples by name.
    to_parameters
        The parameters of a model that circuits are built from, where there is a circuit for it.
    """

    summary: str
    settings: Callable[..., Any]
    samples: Callable[[Path | None, int], Any]
    fit: Callable[..., Any]
    load_model: Callable[..., Any]
    evaluate: Callable[[Any, Any], dict[str, float]]
    to_parameters: Callable[..., Any] | None = None


def classifier_recipe(summary: str, settings: Callable[..., Any], samples: Callable[[Path | None], Any]) -> Recipe:
    """A recipe for a spiking classifier of labelled images."""
    return Recipe(
        summary=summary,
        settings=settings,
        samples=lambda path, _: samples(path),
        fit=LazyFunction("quantal.training.learn.classifier:fit_classifier"),
        load_model=LazyFunction("quantal.training.learn.classifier:load_classifier"),
        evaluate=LazyFunction("quantal.training.learn.classifier:evaluate"),
    )
