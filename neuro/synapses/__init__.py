"""How messages of the source become input of the target: one file for each kind of weight.

Kinds of other packages register themselves with `register_weight`.
"""

from __future__ import annotations

from quantal.neuro.protocols import FloatWeight, Weight
from quantal.neuro.registration import register_kind
from quantal.neuro.registry import Registry, by_name
from quantal.neuro.synapses.convolution import Convolution, FloatConvolution
from quantal.neuro.synapses.dense import Dense, FloatDense
from quantal.neuro.synapses.diagonal import FloatDiagonal
from quantal.neuro.synapses.sparse import FloatSparse, Sparse

WEIGHTS: Registry[type[Weight]] = Registry("weight", by_name(Dense, Sparse, Convolution))
FLOAT_WEIGHTS: Registry[type[FloatWeight]] = Registry(
    "float weight", by_name(FloatDense, FloatSparse, FloatDiagonal, FloatConvolution)
)


def register_weight(kind: type[Weight], float_kind: type[FloatWeight] | None = None) -> None:
    """Let networks hold a new kind of weight, and graphs its float counterpart, under the names of their classes."""
    register_kind(WEIGHTS, kind, Weight)
    if float_kind is not None:
        register_kind(FLOAT_WEIGHTS, float_kind, FloatWeight)


__all__ = [
    "FLOAT_WEIGHTS",
    "WEIGHTS",
    "Convolution",
    "Dense",
    "FloatConvolution",
    "FloatDense",
    "FloatDiagonal",
    "FloatSparse",
    "Sparse",
    "register_weight",
]
