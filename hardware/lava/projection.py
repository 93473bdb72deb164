"""A projection as one Lava process: Lava's own wherever it computes the same.

Lava's `Dense`, `Sparse` and `Conv` hold their sum back for one step, which is the shortest delay a projection can have.
Their fixed-point models compute in 32 bits that wrap; a legal network's sums fit in 24, so no wrap can show. The
matrices guess the sign mode as `neuro.network.verify` does, so legal weights pass their truncation unchanged.
`hardware.lava.table` says which process a projection becomes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from quantal.hardware.lava.names import (
    DelayDense,
    DelaySparse,
    Dense,
    InPort,
    OutPort,
    Process,
    PySparseModelBitAcc,
    Sparse,
    Var,
)
from quantal.hardware.lava.population import port_shape
from quantal.hardware.lava.run_request import RunRequest
from quantal.hardware.lava.table import SparseMatrix, projection_choice, sparse_matrix
from quantal.neuro.arithmetic import STATE_BITS
from quantal.neuro.network.count_network import Projection


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


def dense_process(projection: Projection, request: RunRequest) -> Process:
    """Lava's `Dense`."""
    return Dense(weights=sparse_matrix(projection).toarray(), **common(projection))


def delay_dense_process(projection: Projection, request: RunRequest) -> Process:
    """Lava's `DelayDense`, whose delays count from the step that `Dense` has."""
    weights = sparse_matrix(projection).toarray()
    return DelayDense(weights=weights, delays=projection.delay_steps - 1, **common(projection))


def sparse_process(projection: Projection, request: RunRequest) -> Process:
    """Lava's `Sparse`."""
    return Sparse(weights=sparse_matrix(projection), **common(projection))


def delay_sparse_process(projection: Projection, request: RunRequest) -> Process:
    """Lava's `DelaySparse`, whose delays count from the step that `Sparse` has."""
    weights, extra_steps = sparse_matrix(projection), projection.delay_steps - 1
    delays = weights.astype(bool).astype(int) * extra_steps
    return DelaySparse(weights=weights, delays=delays, max_delay=extra_steps, **common(projection))


def batched_sparse_process(projection: Projection, request: RunRequest) -> Process:
    """Lava's `Sparse` for many samples."""
    return BatchedSparse(sparse_matrix(projection), request.batch, projection.delay_steps, **common(projection))


def common(projection: Projection) -> dict[str, Any]:
    """What every process of Lava takes; messages may be as wide as a state."""
    return {
        "name": f"projection {projection.name}",
        "weight_exp": projection.exponent,
        "num_message_bits": STATE_BITS,
    }


def conv_process(projection: Projection, request: RunRequest) -> Process:
    """Lava's `Conv`, whose import takes longer than that of all the rest of Lava."""
    from quantal.hardware.lava import conv

    return conv.conv_process(projection, **common(projection))


PROCESSES: dict[str, Callable[[Projection, RunRequest], Process]] = {
    "Conv": conv_process,
    "Dense": dense_process,
    "DelayDense": delay_dense_process,
    "Sparse": sparse_process,
    "DelaySparse": delay_sparse_process,
    "BatchedSparse": batched_sparse_process,
}
"""How each process of the table is made."""


def projection_process(projection: Projection, request: RunRequest) -> Process:
    """The process that computes `(W m) << exponent` for all samples, `delay_steps` later."""
    return PROCESSES[projection_choice(projection, request).process](projection, request)


def connect(source: Process, projection: Process, target: Process) -> None:
    """Connect the process of a projection with those of its populations, through ports that reorder pictures."""
    into, out = CONNECTED.get(type(projection).__name__, straight)(source.s_out, projection)
    into.connect(projection.s_in)
    out.connect(target.a_in)


def straight(messages: Any, projection: Process) -> tuple[Any, Any]:
    """Ports of units as they are."""
    return messages, projection.a_out


def pictured(messages: Any, conv: Process) -> tuple[Any, Any]:
    """Units lie by (channel, row, column), and Lava's pictures by (column, row, channel)."""
    return messages.reshape(conv.input_shape[::-1]).transpose((2, 1, 0)), conv.a_out.transpose((2, 1, 0)).flatten()


CONNECTED: dict[str, Callable[[Any, Process], tuple[Any, Any]]] = {"Conv": pictured}
"""Processes whose ports have another order than units."""
