"""The fast engine: one compiled loop for every network."""

from neuro.engine.infer import infer
from neuro.engine.run import run

__all__ = ["infer", "run"]
