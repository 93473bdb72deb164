"""The iterative Poisson VAE (iP-VAE): sparse coding by spiking variational inference, as a network.

A sample x is explained by a linear dictionary, `x ≈ Φ z` with noise `N(0, σ²)`, and Poisson counts
`z ~ Poisson(exp(u))`. The natural gradient of the free energy in the log-rates u, taken with the very counts that
were drawn, gives the update of Vafaii, Galor and Yates ("Brain-like variational inference", arXiv 2410.19315)::

    u ← clamp(u + η (Φᵀ σ⁻² (x − Φ z) − c))

with a step size η and a constant drift c for each unit. Multiplied out it needs one population that competes
through its own spikes (`lateral`); left as it stands it is predictive coding, with a population of prediction
errors `x − Φ z` and a way back (`error`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PoissonVae:
    """The numbers of a trained iP-VAE.

    Parameters
    ----------
    dictionary
        Φ, `(features, latents)`: a column is what one spike of that latent adds to the reconstruction.
    step
        η, the step size of inference, without unit.
    drift
        c, `(latents,)`, above zero: how strongly silence is preferred.
    noise_scale
        σ, `(features,)`: standard deviation of what the dictionary doesn't explain, in units of the model's input.
    initial_log_rate
        u before the first step, `(latents,)`, in nats.
    log_rate_bounds
        Lowest and highest log-rate, in nats.
    input_scale
        The model's input is the raw sample divided by this.
    sample_shape
        Shape of one sample for pictures; its product is the number of features.
    """

    dictionary: Floats
    step: float
    drift: Floats
    noise_scale: Floats
    initial_log_rate: Floats
    log_rate_bounds: tuple[float, float]
    input_scale: float
    sample_shape: tuple[int, ...]
