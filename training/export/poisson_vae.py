"""From a trained Poisson VAE to the parameters of its circuits."""

from __future__ import annotations

import numpy as np
import torch

from quantal.neuro.circuits.poisson_vae import PoissonVae
from quantal.training.models.poisson_vae import PoissonVAE


@torch.no_grad()
def to_parameters(model: PoissonVAE) -> PoissonVae:
    """The parameters of `v ← clamp(v + η (Φᵀ σ⁻² (x − Φ z) − c))`, in double precision."""
    plain = {name: value.double().numpy() for name, value in model.state_dict().items()}
    return PoissonVae(
        dictionary=plain["dictionary"],
        step=float(np.exp(plain["log_step"])),
        drift=np.exp(plain["log_drift"]),
        noise_scale=np.exp(plain["log_noise_scale"]),
        initial_log_rate=plain["initial_log_rate"],
        log_rate_bounds=model.log_rate_bounds,
        input_scale=float(plain["input_scale"]),
        sample_shape=model.sample_shape,
    )
