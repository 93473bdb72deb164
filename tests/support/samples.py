"""Small data with the structure that the Poisson VAE assumes."""

from __future__ import annotations

import numpy as np


def sparse_samples(samples: int, latents: int, features: int) -> np.ndarray:
    """Sparse counts times a random dictionary, plus some noise, `(samples, features)`."""
    rng = np.random.default_rng(0)
    dictionary = rng.normal(size=(latents, features))
    return rng.poisson(0.3, (samples, latents)) @ dictionary + 0.05 * rng.normal(size=(samples, features))
