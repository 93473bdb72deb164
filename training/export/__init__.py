"""From trained torch models to graphs and the parameters of circuits."""

from __future__ import annotations

from quantal.training.lazy import LazyFunction

__all__ = ["to_parameters"]

to_parameters = LazyFunction("quantal.training.export.poisson_vae:to_parameters")
