"""How messages of the source become input of the target: one file for each kind of weight, and one name below.

Kinds of other packages register themselves with `register_weight`.
"""

from __future__ import annotations

from typing import Any

from quantal.neuro.protocols import Weight, register_kind
from quantal.neuro.registry import Registry, by_name
from quantal.neuro.synapses.convolution import Convolution, FloatConvolution
from quantal.neuro.synapses.dense import Dense
from quantal.neuro.synapses.sparse import Sparse

WEIGHTS: Registry[type[Weight]] = Registry("weight", by_name(Dense, Sparse, Convolution))
FLOAT_WEIGHTS: Registry[type[Any]] = Registry("float weight", by_name(FloatConvolution))


def register_weight(kind: type[Weight]) -> None:
    """Let networks hold a new kind of weight, under the name of its class."""
    register_kind(WEIGHTS, kind, Weight)


__all__ = ["FLOAT_WEIGHTS", "WEIGHTS", "Convolution", "Dense", "FloatConvolution", "Sparse", "register_weight"]
