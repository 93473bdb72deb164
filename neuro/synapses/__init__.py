"""How messages of the source become input of the target: a kind of weight a file, and a line below."""

from __future__ import annotations

from quantal.neuro.synapses.convolution import Convolution, FloatConvolution
from quantal.neuro.synapses.dense import Dense
from quantal.neuro.synapses.sparse import Sparse

WEIGHTS: tuple[type, ...] = (Dense, Sparse, Convolution)

__all__ = ["WEIGHTS", "Convolution", "Dense", "FloatConvolution", "Sparse"]
