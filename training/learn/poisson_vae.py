"""A fast local learning rule for the iterative Poisson VAE: run inference near equilibrium, then update the dictionary.

Back-propagation through the steps of inference, as Vafaii, Galor and Yates do it, takes hours on a CPU. At the
equilibrium of inference the gradient of the reconstruction error in Φ needs no back-propagation: it is the error
times the rate, both available at the synapse, as in Olshausen and Field (1996)::

    ΔΦ ∝ ⟨(x − Φ r) rᵀ⟩ / ⟨r²⟩,   r = exp(v)

Rates replace the random counts: they follow the same equation without noise, and remain stable with a larger step.
Dividing by the running mean of r² lets rarely and frequently active units learn equally fast, and all columns are
normalised to the same length.

All random draws depend on seed and update alone, so a run that was killed and resumed ends with exactly the weights of
an uninterrupted one (on the same type of processor; matrix products differ in the last bit between types).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from quantal.neuro.errors import QuantalError
from quantal.training.data.samples import Samples
from quantal.training.learn.poisson_vae_checkpoint import (
    PoissonVaeCheckpoint,
    load_poisson_vae_checkpoint,
    save_poisson_vae,
)
from quantal.training.learn.poisson_vae_settings import PoissonVaeSettings
from quantal.training.learn.same_run import check_same_run
from quantal.training.models.poisson_vae import PoissonVAE, quality
from quantal.training.parallel import CHUNK, ChunkMap, chunk_workers

Progress = Callable[[int, int, dict[str, float]], None]

RECIPE = "poisson-vae"
CHECKPOINT_EVERY = 50
"""Updates between two checkpoints, about one second."""

ENERGY_DECAY = 0.95
ENERGY_FLOOR = 0.02
"""Lower bound of the energy that an update is divided by, relative to the mean energy: it keeps silent units stable."""

EVALUATION_SAMPLES = 500
"""Held-out samples that a trained model is evaluated on."""

INITIAL_NOISE = 1.0
"""Noise in the initial dictionary, relative to the samples that it is made from."""


def fit_poisson_vae(
    samples: Samples,
    settings: PoissonVaeSettings,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> PoissonVAE:
    """Train an iterative Poisson VAE by the local rule.

    Parameters
    ----------
    samples
        Raw samples; the model's `input_scale` becomes their root mean square.
    settings
        Number and size of updates, and the parameters of the model.
    checkpoint
        A file that is replaced every 50 updates and at the end.
    resume
        Continue from the checkpoint if there is one. The model of a finished run is returned immediately; a checkpoint
        with other settings or samples is a `QuantalError`.
    progress
        Called after each update with the number of updates done, their total, and `{"explained": …}`: the share of
        the batch's energy that the rates reconstruct.
    """
    torch_samples = torch.from_numpy(samples.train)
    state = initial_state(samples, settings)
    if resume:
        state = resumed_state(state, checkpoint)
    with chunk_workers() as map_chunks:
        while state.update < settings.updates:
            state, explained = train_step(state, draw_batch(torch_samples, settings, state.update), map_chunks)
            if checkpoint is not None and (state.update % CHECKPOINT_EVERY == 0 or state.update == settings.updates):
                save_poisson_vae(state, checkpoint)
            if progress is not None:
                progress(state.update, settings.updates, {"explained": explained})
    return model_of(state)


def load_poisson_vae(path: str | Path) -> PoissonVAE:
    """The model in a checkpoint, which need not be fully trained."""
    return model_of(load_poisson_vae_checkpoint(path))


def model_of(state: PoissonVaeCheckpoint) -> PoissonVAE:
    """The model at this point of its training."""
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


def initial_state(samples: Samples, settings: PoissonVaeSettings) -> PoissonVaeCheckpoint:
    """The state before the first update, with noisy training samples as the dictionary."""
    scale = float(np.sqrt(np.square(samples.train, dtype=np.float64).mean()))
    rng = np.random.default_rng([settings.seed, 0])
    chosen = samples.train[rng.integers(len(samples.train), size=settings.latents)].T / scale
    noisy = chosen + INITIAL_NOISE * rng.standard_normal(chosen.shape)
    return PoissonVaeCheckpoint(
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


def resumed_state(start: PoissonVaeCheckpoint, path: str | Path | None) -> PoissonVaeCheckpoint:
    """The state in a checkpoint, or the initial one if the run was killed before its first checkpoint."""
    if path is None:
        raise QuantalError("nothing to resume from", expected="the checkpoint of an earlier run")
    if not Path(path).exists():
        return start
    found = load_poisson_vae_checkpoint(path)
    check_same_run(found, start, path)
    return found


def draw_batch(samples: Tensor, settings: PoissonVaeSettings, update: int) -> Tensor:
    """The samples of one update, `(batch, features)`, drawn by the seed and the number of the update alone."""
    rng = np.random.default_rng([settings.seed, 1, update])
    return samples[torch.from_numpy(rng.integers(len(samples), size=settings.batch))]


def train_step(state: PoissonVaeCheckpoint, raw: Tensor, map_chunks: ChunkMap) -> tuple[PoissonVaeCheckpoint, float]:
    """The state after one update on raw samples `(batch, features)`, and the share of their energy explained."""
    settings = state.settings
    parts = list(map_chunks(ChunkSums(state), raw.split(CHUNK)))
    change, squared_rates, squared_error = (sum(part) / len(raw) for part in zip(*parts, strict=True))
    decay = min(ENERGY_DECAY, state.update / (state.update + 1))
    energy = decay * state.energy + (1 - decay) * squared_rates
    rate = settings.learning_rate * (1 - state.update / settings.updates) / settings.column_norm
    dictionary = unit_columns(state.dictionary + rate * change / (energy + ENERGY_FLOOR * energy.mean()))
    explained = 1 - squared_error / (raw / state.input_scale).square().sum(dim=1).mean()
    return replace(state, update=state.update + 1, dictionary=dictionary, energy=energy), float(explained)


class ChunkSums:
    """The sums over a chunk of raw samples that an update needs."""

    def __init__(self, state: PoissonVaeCheckpoint) -> None:
        self.steps = state.settings.inference_steps
        self.model = model_of(replace(state, settings=replace(state.settings, step=state.settings.training_step)))

    @torch.no_grad()
    def __call__(self, raw: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Error times rates `(features, latents)`, squared rates `(latents,)`, squared error `()`."""
        rates = equilibrium_rates(self.model, raw, self.steps)
        error = (raw - self.model.decode(rates)) / self.model.input_scale
        return error.T @ rates, rates.square().sum(dim=0), error.square().sum()


def equilibrium_rates(model: PoissonVAE, raw: Tensor, steps: int) -> Tensor:
    """Rates `(batch, latents)` after some steps of the model's own dynamics, without random draws."""
    constant, competition = model.constant_input(raw), model.competition()
    log_rates = model.initial_log_rate.expand(len(raw), -1)
    for _ in range(steps):
        log_rates = model.update(log_rates, log_rates.exp(), constant, competition)
    return log_rates.exp()


def unit_columns(dictionary: Tensor) -> Tensor:
    """The dictionary with its columns normalised to length 1."""
    return dictionary / dictionary.norm(dim=0)


def evaluate(model: PoissonVAE, samples: Samples) -> dict[str, float]:
    """R², share of zeros and distance from the optimum on the first held-out samples."""
    found = quality(model, samples.held_out[:EVALUATION_SAMPLES])
    return {**asdict(found), "distance": found.distance}
