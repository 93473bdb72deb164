"""A fast local rule for the iterative Poisson VAE: infer to near equilibrium, then move the dictionary.

Back-propagation through the steps of inference, as Vafaii, Galor and Yates do it, takes hours on a CPU. At the
equilibrium of inference the gradient of the reconstruction error in Φ needs no steps at all: it's the error times
the rate, both at hand in the synapse (Olshausen and Field 1996 learn so, too)::

    ΔΦ ∝ ⟨(x − Φ r) rᵀ⟩ / ⟨r²⟩,   r = exp(v)

Rates stand in for draws: they follow the same equation without the noise, and bear a larger step. Dividing by the
running mean of r² makes rare and busy units learn alike, and columns are set back to one length.

Chance is a function of seed and update alone, so a run that was killed and resumed gives the very same weights as one
that was not (on one kind of processor; matrix products differ in the last bit between kinds).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from quantal.neuro.errors import QuantalError
from quantal.training.data.samples import Samples
from quantal.training.learn.checkpoint import Checkpoint, check_same_run, load_checkpoint, save_checkpoint
from quantal.training.learn.parallel import CHUNK, InOrder, chunk_workers
from quantal.training.learn.settings import Settings
from quantal.training.models.poisson_vae import PoissonVAE

Progress = Callable[[int, int, dict[str, float]], None]

RECIPE = "poisson-vae"
CHECKPOINT_EVERY = 50
"""Updates between two checkpoints, about a second of work."""

ENERGY_DECAY = 0.95
ENERGY_FLOOR = 0.02
"""Least energy that a step is divided by, as a share of the mean energy: silent units don't jump."""

START_NOISE = 1.0
"""Noise in the first dictionary, as a share of the samples that it's made of."""


def fit(
    samples: Samples,
    settings: Settings,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> PoissonVAE:
    """Train a Poisson VAE by the local rule.

    Parameters
    ----------
    samples
        Raw samples; the model's `input_scale` becomes their root mean square.
    settings
        Number and size of updates, and the numbers of the model.
    checkpoint
        A file that is replaced every 50 updates and at the end.
    resume
        Go on from the checkpoint if there is one. One that is finished gives its model at once; one with other
        settings or samples is a `QuantalError`.
    progress
        Called after each update with updates done, updates in all, and `{"explained": …}`: share of the batch's
        energy that the rates reconstruct.
    """
    torch_samples = torch.from_numpy(samples.train)
    state = started(samples, settings)
    if resume:
        state = resumed(state, checkpoint)
    with chunk_workers() as in_order:
        while state.update < settings.updates:
            state, explained = learned(state, batch_of(torch_samples, settings, state.update), in_order)
            if checkpoint is not None and (state.update % CHECKPOINT_EVERY == 0 or state.update == settings.updates):
                save_checkpoint(state, checkpoint)
            if progress is not None:
                progress(state.update, settings.updates, {"explained": explained})
    return model_of(state)


def load_model(path: str | Path) -> PoissonVAE:
    """The model of a checkpoint, as far as it has been trained."""
    return model_of(load_checkpoint(path))


def model_of(state: Checkpoint) -> PoissonVAE:
    """The model that a state of training stands for."""
    settings = state.settings
    return PoissonVAE(
        state.dictionary * settings.column_norm,
        settings.step,
        settings.drift,
        settings.initial_log_rate,
        settings.log_rate_bounds,
        state.input_scale,
        state.sample_shape,
    )


def started(samples: Samples, settings: Settings) -> Checkpoint:
    """The state before the first update: a dictionary of noisy training samples."""
    scale = float(np.sqrt(np.square(samples.train, dtype=np.float64).mean()))
    rng = np.random.default_rng([settings.seed, 0])
    chosen = samples.train[rng.integers(len(samples.train), size=settings.latents)].T / scale
    noisy = chosen + START_NOISE * rng.standard_normal(chosen.shape)
    return Checkpoint(
        recipe=RECIPE,
        settings=settings,
        update=0,
        samples=samples.source,
        sample_shape=samples.shape,
        samples_digest=samples.digest(),
        input_scale=scale,
        dictionary=unit_columns(torch.from_numpy(noisy.astype(np.float32))),
        energy=torch.zeros(settings.latents),
    )


def resumed(start: Checkpoint, path: str | Path | None) -> Checkpoint:
    """The state on disk, or the start if the run was killed before its first checkpoint."""
    if path is None:
        raise QuantalError("nothing to resume from", expected="the checkpoint of an earlier run")
    if not Path(path).exists():
        return start
    found = load_checkpoint(path)
    check_same_run(found, start, path)
    return found


def batch_of(samples: Tensor, settings: Settings, update: int) -> Tensor:
    """The samples of one update, `(batch, features)`, drawn from seed and update alone."""
    rng = np.random.default_rng([settings.seed, 1, update])
    return samples[torch.from_numpy(rng.integers(len(samples), size=settings.batch))]


def learned(state: Checkpoint, raw: Tensor, in_order: InOrder) -> tuple[Checkpoint, float]:
    """The state after one update on raw samples `(batch, features)`, and the share of their energy explained."""
    settings = state.settings
    parts = list(in_order(Lesson(state), raw.split(CHUNK)))
    change, squared_rates, squared_error = (sum(part) / len(raw) for part in zip(*parts, strict=True))
    kept = min(ENERGY_DECAY, state.update / (state.update + 1))
    energy = kept * state.energy + (1 - kept) * squared_rates
    rate = settings.learning_rate * (1 - state.update / settings.updates) / settings.column_norm
    dictionary = unit_columns(state.dictionary + rate * change / (energy + ENERGY_FLOOR * energy.mean()))
    after = replace(state, update=state.update + 1, dictionary=dictionary, energy=energy)
    return after, float(1 - squared_error / (raw / state.input_scale).square().sum(dim=1).mean())


class Lesson:
    """What a chunk of raw samples teaches the dictionary as it stands."""

    def __init__(self, state: Checkpoint) -> None:
        self.steps = state.settings.inference_steps
        self.model = model_of(replace(state, settings=replace(state.settings, step=state.settings.training_step)))

    @torch.no_grad()
    def __call__(self, raw: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Sums over the chunk: error times rates `(features, latents)`, squared rates `(latents,)`, squared error."""
        rates = equilibrium_rates(self.model, raw, self.steps)
        error = (raw - self.model.decode(rates)) / self.model.input_scale
        return error.T @ rates, rates.square().sum(dim=0), error.square().sum()


def equilibrium_rates(model: PoissonVAE, raw: Tensor, steps: int) -> Tensor:
    """Rates after some steps of the model's own dynamics without draws, `(batch, latents)`."""
    drive, competition = model.drive(raw), model.competition()
    log_rates = model.initial_log_rate.expand(len(raw), -1)
    for _ in range(steps):
        log_rates = model.update(log_rates, log_rates.exp(), drive, competition)
    return log_rates.exp()


def unit_columns(dictionary: Tensor) -> Tensor:
    """The dictionary with columns of length 1."""
    return dictionary / dictionary.norm(dim=0)
