"""From trained torch models to graphs and the parameters of circuits."""

from __future__ import annotations

from quantal.training.export.poisson_vae import to_parameters

__all__ = ["to_parameters"]
