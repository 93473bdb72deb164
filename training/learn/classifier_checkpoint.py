"""The checkpoint of a classifier: weights and the optimiser's moments in one `.safetensors` file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from quantal.neuro.network import files
from quantal.training.learn.classifier_settings import ClassifierSettings

NOUN = "classifier"


@dataclass(frozen=True, eq=False)
class ClassifierCheckpoint:
    """The state of a run after `update` updates.

    Parameters
    ----------
    recipe
        `spiking-classifier`.
    settings
        The settings of the run.
    update
        Number of updates done.
    samples, sample_shape, samples_digest
        Source of the images, height and width of an image, and SHA-256 of the training images and labels.
    weights
        The model's parameters by name.
    moments
        Moments of AdamW by `parameter/moment`; empty before the first update.
    """

    recipe: str
    settings: ClassifierSettings
    update: int
    samples: str
    sample_shape: tuple[int, int]
    samples_digest: str
    weights: Mapping[str, Tensor]
    moments: Mapping[str, Tensor]


GROUPS = ("weights", "moments")


def save_classifier(checkpoint: ClassifierCheckpoint, path: str | Path) -> None:
    """Write a checkpoint, in full or not at all."""
    body = {key: value for key, value in vars(checkpoint).items() if key not in GROUPS}
    body |= {"settings": asdict(checkpoint.settings), "provenance": {"torch": str(torch.__version__)}}
    tensors = {
        f"{group}/{name}": np.ascontiguousarray(tensor.detach().numpy())
        for group in GROUPS
        for name, tensor in getattr(checkpoint, group).items()
    }
    files.write(path, NOUN, body, tensors)


def load_classifier_checkpoint(path: str | Path) -> ClassifierCheckpoint:
    """Read a checkpoint.

    A file that is missing, truncated, edited, of a newer schema or of another kind is a `QuantalError`.
    """
    body, tensors = files.read(path, NOUN)
    with files.refusing(path):
        body = {key: value for key, value in body.items() if key != "provenance"}
        body |= {"settings": ClassifierSettings(**body["settings"]), "sample_shape": tuple(body["sample_shape"])}
        return ClassifierCheckpoint(
            **body, weights=tensors_of(tensors, "weights"), moments=tensors_of(tensors, "moments")
        )


def tensors_of(tensors: files.Tensors, group: str) -> dict[str, Tensor]:
    """The tensors of one group, without the group's prefix."""
    prefix = f"{group}/"
    return {name[len(prefix) :]: torch.from_numpy(value) for name, value in tensors.items() if name.startswith(prefix)}
