"""The rules of `neurons` as compiled code, each in a file named like the one that defines the rule."""

from __future__ import annotations

from quantal.neuro.engine.kernels.neurons import (
    accumulator,
    carry,
    categorical,
    cuba,
    graded,
    memoryless,
    poisson_count,
    rectified,
    sigma_delta,
    silent,
    spike,
    table,
    table_draw,
)

__all__ = [
    "accumulator",
    "carry",
    "categorical",
    "cuba",
    "graded",
    "memoryless",
    "poisson_count",
    "rectified",
    "sigma_delta",
    "silent",
    "spike",
    "table",
    "table_draw",
]
