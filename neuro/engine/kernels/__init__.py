"""The rules of `neurons` and `synapses` as compiled code, each in a file named like the one that defines the rule."""

from __future__ import annotations

from quantal.neuro.engine.kernels import convolution, dense, neurons, outer, sparse
from quantal.neuro.engine.kernels.kernel import (
    CONNECT,
    EMIT,
    INTEGRATE,
    KERNELS,
    LEARN,
    Kernel,
    connects,
    emits,
    has_kernels,
    integrates,
    kernel_of,
    learns,
    register_kernel,
)

__all__ = [
    "CONNECT",
    "EMIT",
    "INTEGRATE",
    "KERNELS",
    "LEARN",
    "Kernel",
    "connects",
    "convolution",
    "dense",
    "emits",
    "has_kernels",
    "integrates",
    "kernel_of",
    "learns",
    "neurons",
    "outer",
    "register_kernel",
    "sparse",
]
