"""The rules of `neurons` and `synapses` as compiled code, each in a file named like the one that defines the rule."""

from __future__ import annotations

from quantal.neuro.engine.kernels import (
    accumulator,
    convolution,
    cuba,
    dense,
    graded,
    memoryless,
    poisson_count,
    silent,
    sparse,
    spike,
    table,
    table_draw,
)
from quantal.neuro.engine.kernels.kernel import (
    CONNECT,
    EMIT,
    INTEGRATE,
    KERNELS,
    Kernel,
    connects,
    emits,
    has_kernels,
    integrates,
    kernel_of,
    register_kernel,
)

__all__ = [
    "CONNECT",
    "EMIT",
    "INTEGRATE",
    "KERNELS",
    "Kernel",
    "accumulator",
    "connects",
    "convolution",
    "cuba",
    "dense",
    "emits",
    "graded",
    "has_kernels",
    "integrates",
    "kernel_of",
    "memoryless",
    "poisson_count",
    "register_kernel",
    "silent",
    "sparse",
    "spike",
    "table",
    "table_draw",
]
