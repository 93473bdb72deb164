"""A training run on disk: all that's needed to go on from an update, in one `.safetensors` file without pickle."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from quantal.neuro.errors import QuantalError
from quantal.neuro.network import files
from quantal.training.learn.settings import Settings

NOUN = "checkpoint"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The state of a run of the local rule after `update` updates.

    Parameters
    ----------
    recipe
        Name in `training.recipes.recipe`.
    settings
        What the run is set to.
    update
        Updates that are done.
    samples, sample_shape, samples_digest
        Where the samples come from, shape of one, and SHA-256 of the training samples.
    input_scale
        Root mean square of the training samples.
    dictionary
        Unit columns, `(features, latents)`; the model's have length `settings.column_norm`.
    energy
        Running mean of each latent's squared rate, `(latents,)`.
    """

    recipe: str
    settings: Settings
    update: int
    samples: str
    sample_shape: tuple[int, ...]
    samples_digest: str
    input_scale: float
    dictionary: Tensor
    energy: Tensor


TENSORS = ("dictionary", "energy")


def save_checkpoint(checkpoint: Checkpoint, path: str | Path) -> None:
    """Write a checkpoint whole or not at all."""
    body = {key: value for key, value in vars(checkpoint).items() if key not in TENSORS}
    body |= {"settings": asdict(checkpoint.settings), "provenance": {"torch": str(torch.__version__)}}
    files.write(path, NOUN, body, {key: getattr(checkpoint, key).numpy() for key in TENSORS})


def load_checkpoint(path: str | Path) -> Checkpoint:
    """Read a checkpoint.

    A file that is missing, cut, edited, of a newer schema or of another kind is a `QuantalError`.
    """
    body, tensors = files.read(path, NOUN)
    try:
        body = {key: value for key, value in body.items() if key != "provenance"}
        body |= {"settings": Settings(**body["settings"]), "sample_shape": tuple(body["sample_shape"])}
        checkpoint = Checkpoint(**body, **{key: torch.from_numpy(tensors[key]) for key in TENSORS})
    except (KeyError, TypeError, AttributeError) as error:
        raise files.damaged(path, f"{type(error).__name__}: {error}") from error
    check_shapes(checkpoint, path)
    return checkpoint


def check_shapes(checkpoint: Checkpoint, path: str | Path) -> None:
    """Raise `QuantalError` unless the tensors fit the settings and the samples."""
    features = torch.Size(checkpoint.sample_shape).numel()
    latents = checkpoint.settings.latents
    found = (tuple(checkpoint.dictionary.shape), tuple(checkpoint.energy.shape))
    if found != ((features, latents), (latents,)):
        raise files.damaged(path, f"dictionary and energy of shape {found[0]} and {found[1]}")


class Stage(Protocol):
    """What tells one run from another, at any update."""

    @property
    def recipe(self) -> str: ...  # noqa: D102
    @property
    def settings(self) -> Any: ...  # noqa: D102
    @property
    def samples_digest(self) -> str: ...  # noqa: D102


def check_same_run(found: Stage, wanted: Stage, path: str | Path) -> None:
    """Raise `QuantalError` unless a checkpoint belongs to the run that is asked for."""
    old, new = identity(found), identity(wanted)
    different = [key for key in new if old[key] != new[key]]
    if different:
        raise QuantalError(
            "the checkpoint belongs to another run",
            where=str(path),
            expected=", ".join(f"{key} {new[key]}" for key in different),
            got=", ".join(f"{key} {old[key]}" for key in different),
            hint="train without resuming, or with the settings and samples of the checkpoint",
        )


def identity(checkpoint: Stage) -> dict[str, object]:
    """What two stages of one run have in common."""
    return {"recipe": checkpoint.recipe, "samples": checkpoint.samples_digest[:12]} | asdict(checkpoint.settings)
