"""A projection as one Lava process: Lava's own wherever it computes the same.

Lava's `Dense`, `Sparse` and `Conv` delay their sums by one step, which is the shortest delay that a projection can
have. Their fixed-point models compute in 32 bits that wrap; a legal network's sums fit in 24, so they never do. The
processes infer the sign mode as `neuro.network.verify` does, so they truncate no legal weight.
`hardware.lava.process_selection` decides which process a projection runs as.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, vstack

from quantal.hardware.lava.lava_imports import (
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
from quantal.hardware.lava.process_selection import SparseMatrix, matrix_of, select_projection_process, sparse_matrix
from quantal.hardware.lava.run_request import RunRequest
from quantal.neuro.arithmetic import STATE_BITS
from quantal.neuro.network.count_network import Projection
from quantal.neuro.synapses.delays import by_delay, longest


class BatchedSparse(Sparse):
    """Lava's `Sparse` with ports for many samples and delays of any length, from the weights of each delay.

    Lava's delayed processes take one sample, and are slow for large matrices. Its `Sparse` multiplies matrices as well
    as vectors, but has ports for vectors only.
    """

    def __init__(self, weights: dict[int, SparseMatrix], batch: int, **params: Any) -> None:
        targets, sources = next(iter(weights.values())).shape
        super().__init__(weights=vstack(list(weights.values()), "csr"), batch=batch, delays=[*weights], **params)
        self.s_in = InPort(shape=port_shape(sources, batch))
        self.a_out = OutPort(shape=port_shape(targets, batch))
        self.a_buff = Var(shape=port_shape(targets, batch), init=0)


class BatchedSparseModel(PySparseModelBitAcc):
    """Lava's fixed-point `Sparse`, with a queue that holds the sums of the next steps."""

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.delays: list[int] = proc_params["delays"]
        self.queue: deque[Any] = deque([0] * max(self.delays))

    def run_spk(self) -> None:
        """Send the sum that is due, and add those of this step's messages to the queue, by delay."""
        super().run_spk()
        sums = np.split(self.a_buff, len(self.delays))
        for delay, added in zip(self.delays, sums, strict=True):
            self.queue[delay - 1] = self.queue[delay - 1] + added
        self.a_buff = self.queue.popleft() + np.zeros_like(sums[0])
        self.queue.append(0)


def dense_process(projection: Projection, request: RunRequest) -> Process:
    """Build Lava's `Dense`."""
    return Dense(weights=sparse_matrix(projection).toarray(), **shared_params(projection))


def delay_dense_process(projection: Projection, request: RunRequest) -> Process:
    """Build Lava's `DelayDense`, whose delays come on top of the one step of `Dense`."""
    weights, delays = sparse_matrix(projection).toarray(), extra_steps(projection).toarray()
    return DelayDense(weights=weights, delays=delays, **shared_params(projection))


def sparse_process(projection: Projection, request: RunRequest) -> Process:
    """Build Lava's `Sparse`."""
    return Sparse(weights=sparse_matrix(projection), **shared_params(projection))


def delay_sparse_process(projection: Projection, request: RunRequest) -> Process:
    """Build Lava's `DelaySparse`, whose delays come on top of the one step of `Sparse`."""
    weights, longest_extra = sparse_matrix(projection), longest(projection.delay_steps) - 1
    delays = extra_steps(projection)
    return DelaySparse(weights=weights, delays=delays, max_delay=longest_extra, **shared_params(projection))


def batched_sparse_process(projection: Projection, request: RunRequest) -> Process:
    """Build a `Sparse` for many samples."""
    weights = {delay: matrix_of(weight) for delay, weight in by_delay(projection.weight, projection.delay_steps)}
    return BatchedSparse(weights, request.batch, **shared_params(projection))


def extra_steps(projection: Projection) -> SparseMatrix:
    """The delay of each connection beyond one step, `(target units, source units)`."""
    delays = csr_matrix(projection.weight.shape, dtype=int)
    for delay, weight in by_delay(projection.weight, projection.delay_steps):
        delays += matrix_of(weight).astype(bool).astype(int) * (delay - 1)
    return delays


def shared_params(projection: Projection) -> dict[str, Any]:
    """Parameters of every process; messages may be as wide as a state."""
    return {
        "name": f"projection {projection.name}",
        "weight_exp": projection.exponent,
        "num_message_bits": STATE_BITS,
    }


def conv_process(projection: Projection, request: RunRequest) -> Process:
    """Build Lava's `Conv`, whose import takes longer than the rest of Lava together."""
    from quantal.hardware.lava import conv

    return conv.conv_process(projection, **shared_params(projection))


PROCESSES: dict[str, Callable[[Projection, RunRequest], Process]] = {
    "Conv": conv_process,
    "Dense": dense_process,
    "DelayDense": delay_dense_process,
    "Sparse": sparse_process,
    "DelaySparse": delay_sparse_process,
    "BatchedSparse": batched_sparse_process,
}
"""Function that builds each process, by the name that `process_selection` gives it."""


def projection_process(projection: Projection, request: RunRequest) -> Process:
    """Build the process that sends `(W m) << exponent` for all samples, `delay_steps` later."""
    return PROCESSES[select_projection_process(projection, request).process](projection, request)


def connect(source: Process, projection: Process, target: Process) -> None:
    """Connect the process of a projection to those of its populations, through ports that reorder images."""
    messages, sums = PORT_ORDERS.get(type(projection).__name__, unit_ports)(source.s_out, projection)
    messages.connect(projection.s_in)
    sums.connect(target.a_in)


def unit_ports(messages: Any, projection: Process) -> tuple[Any, Any]:
    """Ports of messages and sums in the order of units."""
    return messages, projection.a_out


def image_ports(messages: Any, conv: Process) -> tuple[Any, Any]:
    """Ports that convert between the order of units, (channel, row, column), and Lava's, (column, row, channel)."""
    return messages.reshape(conv.input_shape[::-1]).transpose((2, 1, 0)), conv.a_out.transpose((2, 1, 0)).flatten()


PORT_ORDERS: dict[str, Callable[[Any, Process], tuple[Any, Any]]] = {"Conv": image_ports}
"""Processes whose ports have another order than the units."""
