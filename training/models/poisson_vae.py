"""The iterative Poisson VAE (Vafaii, Galor and Yates, "Brain-like variational inference", arXiv 2410.19315)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from quantal.neuro.compare.measures import Quality, r2
from quantal.neuro.errors import QuantalError
from quantal.training.parallel import CHUNK, chunk_workers

EVALUATION_STEPS = 500
SEED_STRIDE = 2**20
"""Larger than the number of chunks of any evaluation, so that no two seeds share a draw."""


@dataclass(frozen=True)
class Inference:
    """The state after the last step: `counts` drawn from `log_rates`, both `(batch, latents)`."""

    counts: Tensor
    log_rates: Tensor


class PoissonVAE(nn.Module):
    """Sparse coding by Poisson counts z with log-rates v, under the likelihood x ~ N(Φ z, σ²).

    One step of inference follows the natural gradient of the free energy at the drawn counts::

        z ~ Poisson(exp(v))
        v ← clamp(v + η (Φᵀ σ⁻² (x − Φ z) − c))

    The same draw is used for the update and for the read-out of a step.

    The parameters of the module are `dictionary` Φ `(features, latents)`, `log_step` ln η `()`, `log_drift` ln c
    `(latents,)`, `log_noise_scale` ln σ `(features,)`, `initial_log_rate` v₀ `(latents,)` in nats. The buffer
    `input_scale` `()` converts raw samples to the model's input: x = raw / input_scale.
    """

    def __init__(
        self,
        dictionary: Tensor,
        step: float,
        drift: float,
        initial_log_rate: float,
        log_rate_bounds: tuple[float, float],
        input_scale: float,
        sample_shape: tuple[int, ...],
    ) -> None:
        super().__init__()
        features, latents = dictionary.shape
        self.dictionary = nn.Parameter(dictionary.clone())
        self.log_step = nn.Parameter(torch.tensor(step).log())
        self.log_drift = nn.Parameter(torch.full((latents,), drift).log())
        self.log_noise_scale = nn.Parameter(torch.zeros(features))
        self.initial_log_rate = nn.Parameter(torch.full((latents,), initial_log_rate))
        self.register_buffer("input_scale", torch.tensor(input_scale))
        self.log_rate_bounds = log_rate_bounds
        self.sample_shape = sample_shape

    def feedback(self) -> Tensor:
        """The change of each log-rate by an error in each feature, η Φᵀ σ⁻²: `(latents, features)`."""
        return self.log_step.exp() * self.dictionary.T * torch.exp(-2 * self.log_noise_scale)

    def constant_input(self, raw: Tensor) -> Tensor:
        """The constant part of the update, η (Φᵀ σ⁻² x − c): `(batch, features)` to `(batch, latents)`."""
        return raw / self.input_scale @ self.feedback().T - self.log_step.exp() * self.log_drift.exp()

    def competition(self) -> Tensor:
        """The decrease of each log-rate by a count of each latent, η Φᵀ σ⁻² Φ: `(latents, latents)`, symmetric."""
        return self.feedback() @ self.dictionary

    def update(self, log_rates: Tensor, counts: Tensor, constant: Tensor, competition: Tensor) -> Tensor:
        """Log-rates after one step, `(batch, latents)`."""
        return torch.addmm(log_rates + constant, counts, competition, alpha=-1).clamp(*self.log_rate_bounds)

    @torch.no_grad()
    def infer(self, raw: Tensor, steps: int, seed: int = 0) -> Inference:
        """Run the stochastic dynamics on raw samples `(batch, features)`, and draw counts once more at the end.

        So `counts` are the message after exactly `steps` updates, each of which used a new draw.
        """
        generator = torch.Generator().manual_seed(seed)
        constant, competition = self.constant_input(raw), self.competition()
        log_rates = self.initial_log_rate.detach().expand(len(raw), -1)
        for _ in range(steps):
            counts = torch.poisson(log_rates.exp(), generator=generator)
            log_rates = self.update(log_rates, counts, constant, competition)
        return Inference(torch.poisson(log_rates.exp(), generator=generator), log_rates)

    def decode(self, counts: Tensor) -> Tensor:
        """The reconstruction of raw samples from counts or rates: `(batch, latents)` to `(batch, features)`."""
        return counts @ self.dictionary.T * self.input_scale

    def forward(self, raw: Tensor, steps: int = EVALUATION_STEPS, seed: int = 0) -> Tensor:
        """Reconstruction from the counts after `steps`, `(batch, features)`."""
        return self.decode(self.infer(raw, steps, seed).counts)


def quality(model: PoissonVAE, samples: NDArray[np.float32], steps: int = EVALUATION_STEPS, seed: int = 0) -> Quality:
    """R² and share of zeros of the counts after `steps`, averaged over raw samples `(samples, features)`."""
    if len(samples) == 0:
        raise QuantalError("no samples to evaluate the model on")

    def evaluate_chunk(numbered: tuple[int, Tensor]) -> tuple[NDArray[np.floating], float]:
        number, raw = numbered
        counts = model.infer(raw, steps, seed * SEED_STRIDE + number).counts
        with torch.no_grad():
            return r2(raw.numpy(), model.decode(counts).numpy()), float((counts == 0).sum())

    with chunk_workers() as map_chunks:
        scores, zeros = zip(*map_chunks(evaluate_chunk, enumerate(torch.from_numpy(samples).split(CHUNK))), strict=True)
    return Quality(float(np.concatenate(scores).mean()), sum(zeros) / (len(samples) * len(model.log_drift)))
