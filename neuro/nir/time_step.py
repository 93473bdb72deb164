"""The time step of a NIR graph, which its file does not hold."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from quantal.neuro.compile.importing.time_constants import memory_notes
from quantal.neuro.errors import QuantalError
from quantal.neuro.nir.nir_graph import NirGraph
from quantal.neuro.nir.shapes import node_of

TIME_CONSTANTS = ("tau", "tau_syn", "tau_mem")


def checked_step(dt_s: float | None) -> float:
    """The time step in seconds; a `QuantalError` unless it is given, finite and above 0."""
    if dt_s is None or not (dt_s > 0 and math.isfinite(dt_s)):
        raise QuantalError(
            "a NIR graph does not state its time step",
            where="time step dt",
            expected="seconds, more than 0",
            got="none" if dt_s is None else repr(dt_s),
            hint="give the one that the model was trained with",
        )
    return float(dt_s)


def time_constant_notes(graph: NirGraph, dt_s: float) -> Iterator[str]:
    """Notes on nodes that forget everything in a time step, or next to nothing."""
    for name in graph.nodes:
        parameters = node_of(graph, name).parameters
        for key in TIME_CONSTANTS:
            if key in parameters:
                yield from memory_notes(f"NIR node {name}: {key}", dt_s / np.ravel(parameters[key]))
