"""Surrogate gradients for spiking classifiers (Neftci, Mostafa and Zenke 2019): back-propagation through all steps.

Sample order, shifts and input spikes depend on seed and update alone, and the checkpoint holds the optimiser's moments,
so a run that was killed and resumed ends with exactly the weights of an uninterrupted one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from quantal.neuro.errors import QuantalError
from quantal.neuro.network import files
from quantal.training.data.digits import LabelledImages
from quantal.training.learn.classifier_checkpoint import (
    ClassifierCheckpoint,
    load_classifier_checkpoint,
    save_classifier,
)
from quantal.training.learn.classifier_settings import ClassifierSettings
from quantal.training.learn.same_run import check_same_run
from quantal.training.models.spiking_classifier import Neuron, SpikingClassifier, evaluate_classifier

Progress = Callable[[int, int, dict[str, float]], None]

RECIPE = "spiking-classifier"
CHECKPOINT_EVERY = 200
"""Updates between two checkpoints."""

WARM_UP = 0.2
"""Share of all updates over which the learning rate rises."""

WARM_UP_START = 0.04
"""Initial learning rate, relative to its peak."""


@dataclass
class TrainingRun:
    """A training run in progress; `update` counts the updates done."""

    images: LabelledImages
    settings: ClassifierSettings
    model: SpikingClassifier
    optimiser: torch.optim.AdamW
    update: int = 0


def fit_classifier(
    images: LabelledImages,
    settings: ClassifierSettings,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> SpikingClassifier:
    """Train a spiking classifier.

    Parameters
    ----------
    images
        Labelled images: `train` is learned from, `validation` evaluated after each epoch; `held_out` is not used.
    settings
        The network and its training.
    checkpoint
        A file that is replaced every 200 updates and at the end.
    resume
        Continue from the checkpoint if there is one. One with other settings or images is a `QuantalError`.
    progress
        Called after each update with the number of updates done, their total, and the `loss` and mean `rate` of the
        batch; at the end of each epoch also with `validation`, the accuracy on the validation images.
    """
    run = start_run(images, settings)
    if resume:
        resume_run(run, checkpoint)
    total = settings.epochs * updates_per_epoch(run)
    while run.update < total:
        metrics = train_step(run, total)
        if checkpoint is not None and (run.update % CHECKPOINT_EVERY == 0 or run.update == total):
            save_classifier(checkpoint_of(run), checkpoint)
        if progress is not None:
            epoch_done = run.update % updates_per_epoch(run) == 0
            progress(run.update, total, metrics | (validation_accuracy(run.model, images) if epoch_done else {}))
    return run.model


def load_classifier(path: str | Path) -> SpikingClassifier:
    """The model in a checkpoint, which need not be fully trained."""
    found = load_classifier_checkpoint(path)
    model = model_of(found.settings, found.sample_shape)
    with files.refusing(path):
        model.load_state_dict(dict(found.weights))
    return model


def model_of(settings: ClassifierSettings, shape: tuple[int, int]) -> SpikingClassifier:
    """An untrained classifier; its weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        neuron = Neuron(settings.decay, settings.reset, settings.surrogate_slope)
        model = SpikingClassifier(
            settings.architecture,
            shape,
            neuron,
            settings.readout_decay,
            settings.steps,
            settings.coding,
            settings.readout,
        )
    with torch.no_grad():
        for index, (name, weight) in enumerate(model.named_parameters()):
            weight *= gain_of(index, name, settings)
    return model


def gain_of(index: int, name: str, settings: ClassifierSettings) -> float:
    """Factor applied to the random initial weights; recurrent weights keep Norse's own initialisation."""
    if name.endswith("recurrent_weights"):
        return 1.0
    return settings.first_gain if index == 0 else settings.gain


def start_run(images: LabelledImages, settings: ClassifierSettings) -> TrainingRun:
    """A run before its first update."""
    if settings.batch > len(images.train):
        raise QuantalError(
            "the batch is larger than the training set",
            where="batch",
            expected=f"at most {len(images.train)}",
            got=str(settings.batch),
        )
    model = model_of(settings, images.shape)
    classes = model(torch.zeros(1, *images.shape, dtype=torch.uint8)).scores.shape[1]
    if classes < images.classes:
        raise QuantalError(
            "fewer units than classes",
            where=settings.architecture,
            expected=f"at least {images.classes}",
            got=str(classes),
        )
    optimiser = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    return TrainingRun(images, settings, model, optimiser)


def checkpoint_of(run: TrainingRun) -> ClassifierCheckpoint:
    """Everything that is needed to resume a run."""
    moments = {
        f"{index}/{name}": value
        for index, state in run.optimiser.state_dict()["state"].items()
        for name, value in state.items()
    }
    return ClassifierCheckpoint(
        recipe=RECIPE,
        settings=run.settings,
        update=run.update,
        samples=run.images.source,
        sample_shape=run.images.shape,
        samples_digest=run.images.digest(),
        weights=run.model.state_dict(),
        moments=moments,
    )


def resume_run(run: TrainingRun, path: str | Path | None) -> None:
    """Restore a run from its checkpoint; a run killed before its first checkpoint starts from the beginning."""
    if path is None:
        raise QuantalError("nothing to resume from", expected="the checkpoint of an earlier run")
    if not Path(path).exists():
        return
    found = load_classifier_checkpoint(path)
    check_same_run(found, checkpoint_of(run), path)
    with files.refusing(path):
        run.model.load_state_dict(dict(found.weights))
        known = run.optimiser.state_dict()
        run.optimiser.load_state_dict({**known, "state": optimiser_state(found.moments)})
    run.update = found.update


def optimiser_state(moments: Mapping[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    """Moments by parameter index, as the optimiser stores them."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in moments.items():
        index, name = key.split("/")
        state.setdefault(int(index), {})[name] = value
    return state


def train_step(run: TrainingRun, total: int) -> dict[str, float]:
    """Make one update, and return the loss and mean rate of its batch."""
    settings = run.settings
    for group in run.optimiser.param_groups:
        group["lr"] = settings.learning_rate * schedule(run.update / total)
    images, labels = next_batch(run)
    response = run.model(images, torch.Generator().manual_seed(settings.seed * 2**31 + run.update))
    loss = nn.functional.cross_entropy(response.scores, labels) + settings.rate_penalty * response.rates.sum()
    run.optimiser.zero_grad()
    loss.backward()
    run.optimiser.step()
    run.update += 1
    return {"loss": loss.item(), "rate": response.rates.mean().item()}


def validation_accuracy(model: SpikingClassifier, images: LabelledImages) -> dict[str, float]:
    """Accuracy on the validation images as `validation`; empty if there are none."""
    if len(images.validation) == 0:
        return {}
    return {"validation": evaluate_classifier(model, images.validation, images.validation_labels)["accuracy"]}


def schedule(progress: float) -> float:
    """Learning rate relative to its peak: a cosine warm-up, then a cosine decay to 0.

    `progress` is the share of all updates that are done.
    """
    if progress < WARM_UP:
        return WARM_UP_START + (1 - WARM_UP_START) * (1 - cos(pi * progress / WARM_UP)) / 2
    return (1 + cos(pi * (progress - WARM_UP) / (1 - WARM_UP))) / 2


def updates_per_epoch(run: TrainingRun) -> int:
    """Number of full batches in the training set."""
    return len(run.images.train) // run.settings.batch


def next_batch(run: TrainingRun) -> tuple[Tensor, Tensor]:
    """Randomly shifted images and labels of the next update."""
    epoch, index = divmod(run.update, updates_per_epoch(run))
    order = epoch_order(run.settings.seed, epoch, len(run.images.train))
    chosen = order[index * run.settings.batch : (index + 1) * run.settings.batch]
    rng = np.random.default_rng([run.settings.seed, 1, run.update])
    images = shift_images(run.images.train[chosen], run.settings.shift_pixels, rng)
    return torch.from_numpy(images), torch.from_numpy(run.images.train_labels[chosen])


@lru_cache(maxsize=2)
def epoch_order(seed: int, epoch: int, samples: int) -> NDArray[np.int64]:
    """The shuffled order of the training samples in one epoch."""
    return np.random.default_rng([seed, 2, epoch]).permutation(samples)


def shift_images(images: NDArray[np.uint8], max_shift: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Shift each image `(batch, height, width)` by up to `max_shift` pixels in each direction, padding with black."""
    batch, height, width = images.shape
    padded = np.pad(images, ((0, 0), (max_shift, max_shift), (max_shift, max_shift)))
    down, right = rng.integers(0, 2 * max_shift + 1, (2, batch, 1))
    rows, columns = down + np.arange(height), right + np.arange(width)
    return padded[np.arange(batch)[:, None, None], rows[:, :, None], columns[:, None, :]]


def evaluate(model: SpikingClassifier, images: LabelledImages) -> dict[str, float]:
    """Accuracy and mean spikes per unit and step on the held-out images, and accuracy on the validation images."""
    return evaluate_classifier(model, images.held_out, images.held_out_labels) | validation_accuracy(model, images)
