"""From trained torch models to what Quantal is built from: a family of models a file."""

from __future__ import annotations

from quantal.training.export.poisson_vae import to_parameters

__all__ = ["to_parameters"]
