"""A projection as one Lava process: Lava's own wherever it computes the same.

Lava's `Dense` and `Sparse` hold their sum back for one step, which is the shortest delay a projection can have. Their
fixed-point models compute in 32 bits that wrap; a legal network's sums fit in 24, so no wrap can show. They guess the
sign mode of a matrix as `neuro.verify` does, so legal weights pass their truncation unchanged. A convolution becomes a
matrix here: Lava's fixed-point `Conv` takes `weight_exp` but never uses it.
"""

from __future__ import annotations

from collections import deque
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix

from hardware.lava.names import (
    DelayDense,
    DelaySparse,
    Dense,
    InPort,
    OutPort,
    Process,
    PyDelayDenseModelBitAcc,
    PyDelaySparseModelBitAcc,
    PyDenseModelBitAcc,
    PySparseModelBitAcc,
    Sparse,
    Var,
)
from hardware.lava.population import port_shape
from neuro.arithmetic import STATE_BITS
from neuro.network import Projection

SparseMatrix: TypeAlias = Any
"""A `csr_matrix` of 32-bit integers, `(target units, source units)`; SciPy is untyped."""

DENSE_SHARE = 0.5
"""Matrices fuller than this are stored whole."""

DELAYED_ENTRIES_MAX = 2**17
"""Lava's delayed models build their matrix anew at each step, once for each step of delay: beyond this many entries
that takes longer than the rest of the step."""


class BatchedSparse(Sparse):
    """Lava's `Sparse` with ports for many samples, after a delay of any length.

    Lava's delayed processes take one sample, and are slow for large matrices; its `Sparse` computes with matrices as
    well as with vectors, but has ports for vectors only.
    """

    def __init__(self, weights: SparseMatrix, batch: int, delay_steps: int, **params: Any) -> None:
        super().__init__(weights=weights, batch=batch, delay_steps=delay_steps, **params)
        targets, sources = weights.shape
        self.s_in = InPort(shape=port_shape(sources, batch))
        self.a_out = OutPort(shape=port_shape(targets, batch))
        self.a_buff = Var(shape=port_shape(targets, batch), init=0)


class BatchedSparseModel(PySparseModelBitAcc):
    """Lava's fixed-point `Sparse`, whose sum waits in a queue for the rest of its delay."""

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.waiting: deque[np.ndarray] = deque()

    def run_spk(self) -> None:
        """Send the sum that is due, work out the sum of this step's messages, let it wait."""
        super().run_spk()
        self.waiting.append(self.a_buff)
        due = len(self.waiting) >= self.proc_params["delay_steps"]
        self.a_buff = self.waiting.popleft() if due else np.zeros_like(self.a_buff)


MODELS = {
    Dense: PyDenseModelBitAcc,
    Sparse: PySparseModelBitAcc,
    DelayDense: PyDelayDenseModelBitAcc,
    DelaySparse: PyDelaySparseModelBitAcc,
    BatchedSparse: BatchedSparseModel,
}
"""The fixed-point model of each process."""


def projection_process(projection: Projection, batch: int) -> Process:
    """The process that computes `(W m) << exponent` for all samples, `delay_steps` later."""
    weights = sparse_matrix(projection)
    params = {
        "name": f"projection {projection.name}",
        "weight_exp": projection.exponent,
        "num_message_bits": STATE_BITS,
    }
    extra_steps = projection.delay_steps - 1
    if batch > 1 or extra_steps * weights.nnz > DELAYED_ENTRIES_MAX:
        return BatchedSparse(weights, batch, projection.delay_steps, **params)
    if weights.nnz > DENSE_SHARE * np.prod(weights.shape):
        return dense_process(weights.toarray(), extra_steps, params)
    return sparse_process(weights, extra_steps, params)


def dense_process(weights: np.ndarray, extra_steps: int, params: Any) -> Process:
    """Lava's `Dense`, or its delayed kin where the delay is longer than the step that `Dense` has."""
    if extra_steps:
        return DelayDense(weights=weights, delays=extra_steps, **params)
    return Dense(weights=weights, **params)


def sparse_process(weights: SparseMatrix, extra_steps: int, params: Any) -> Process:
    """Lava's `Sparse`, or its delayed kin where the delay is longer than the step that `Sparse` has."""
    if extra_steps:
        delays = weights.astype(bool).astype(int) * extra_steps
        return DelaySparse(weights=weights, delays=delays, max_delay=extra_steps, **params)
    return Sparse(weights=weights, **params)


def sparse_matrix(projection: Projection) -> SparseMatrix:
    """The connections of a projection, `(target units, source units)`."""
    target, source, weight = projection.weight.entries()
    return csr_matrix((weight.astype(np.int32), (target, source)), projection.weight.shape)
