"""The checkpoint of a run of the local rule: everything that resuming needs, in one `.safetensors` file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from quantal.neuro.network import files
from quantal.training.learn.poisson_vae_settings import PoissonVaeSettings

NOUN = "checkpoint"


@dataclass(frozen=True, eq=False)
class PoissonVaeCheckpoint:
    """The state of a run of the local rule after `update` updates.

    Parameters
    ----------
    recipe
        Name of the recipe.
    settings
        The settings of the run.
    update
        Number of updates done.
    samples, sample_shape, samples_digest
        Source of the samples, shape of one sample, and SHA-256 of the training samples.
    input_scale
        Root mean square of the training samples.
    dictionary
        Columns of length 1, `(features, latents)`; those of the model have length `settings.column_norm`.
    energy
        Running mean of each latent's squared rate, `(latents,)`.
    """

    recipe: str
    settings: PoissonVaeSettings
    update: int
    samples: str
    sample_shape: tuple[int, ...]
    samples_digest: str
    input_scale: float
    dictionary: Tensor
    energy: Tensor


TENSORS = ("dictionary", "energy")


def save_poisson_vae(checkpoint: PoissonVaeCheckpoint, path: str | Path) -> None:
    """Write a checkpoint, in full or not at all."""
    body = {key: value for key, value in vars(checkpoint).items() if key not in TENSORS}
    body |= {"settings": asdict(checkpoint.settings), "provenance": {"torch": str(torch.__version__)}}
    files.write(path, NOUN, body, {key: getattr(checkpoint, key).numpy() for key in TENSORS})


def load_poisson_vae_checkpoint(path: str | Path) -> PoissonVaeCheckpoint:
    """Read a checkpoint.

    A file that is missing, truncated, edited, of a newer schema or of another kind is a `QuantalError`.
    """
    body, tensors = files.read(path, NOUN)
    try:
        body = {key: value for key, value in body.items() if key != "provenance"}
        body |= {"settings": PoissonVaeSettings(**body["settings"]), "sample_shape": tuple(body["sample_shape"])}
        checkpoint = PoissonVaeCheckpoint(**body, **{key: torch.from_numpy(tensors[key]) for key in TENSORS})
    except (KeyError, TypeError, AttributeError) as error:
        raise files.damaged(path, f"{type(error).__name__}: {error}") from error
    check_shapes(checkpoint, path)
    return checkpoint


def check_shapes(checkpoint: PoissonVaeCheckpoint, path: str | Path) -> None:
    """Raise `QuantalError` unless the tensors fit the settings and the samples."""
    features = torch.Size(checkpoint.sample_shape).numel()
    latents = checkpoint.settings.latents
    found = (tuple(checkpoint.dictionary.shape), tuple(checkpoint.energy.shape))
    if found != ((features, latents), (latents,)):
        raise files.damaged(path, f"dictionary and energy of shape {found[0]} and {found[1]}")
