"""The fast engine: one compiled loop for every network."""

from quantal.neuro.engine.infer import infer
from quantal.neuro.engine.run import run

__all__ = ["infer", "run"]
