"""Delays of individual connections: a projection has a single delay, so each delay needs a separate projection."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array

from quantal.neuro.arithmetic import DELAY_MAX, Integers
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import FloatProjection
from quantal.neuro.synapses import FloatSparse


def by_delay(projection: FloatProjection, delay_steps: Integers) -> tuple[FloatProjection, ...]:
    """Split a projection whose connections have different delays into one projection per delay, shortest first.

    Together they contribute `a[i] = Σ_j weight[i, j] · m[j](t − delay_steps[i, j])`.

    Parameters
    ----------
    projection
        The projection to split; its own delay is ignored.
    delay_steps
        Delay of each connection, `(target units, source units)`, 1 to 62; ignored where there is no connection.

    Raises
    ------
    QuantalError
        If `delay_steps` has the wrong shape or type, or a delay is out of range.
    """
    matrix: Any = coo_array(projection.weight.to_matrix())
    check_delays(projection, np.shape(matrix), delay_steps)
    present = matrix.data != 0
    rows, columns, weights = matrix.row[present], matrix.col[present], matrix.data[present]
    delays = delay_steps[rows, columns]
    check_range(projection, rows, columns, delays)
    return tuple(
        replace(
            projection,
            name=f"{projection.name}, delay {delay}",
            weight=FloatSparse.of(
                csr_array((weights[delays == delay], (rows[delays == delay], columns[delays == delay])), matrix.shape)
            ),
            delay_steps=int(delay),
        )
        for delay in np.unique(delays)
    )


def check_delays(projection: FloatProjection, shape: tuple[int, ...], delay_steps: Integers) -> None:
    """Refuse delays that aren't an array of whole numbers in the shape of the weight."""
    if delay_steps.shape != shape or not np.issubdtype(delay_steps.dtype, np.integer):
        raise QuantalError(
            "delays have the wrong shape or type",
            where=f"projection {projection.name}",
            expected=f"whole numbers {shape}, (target units, source units)",
            got=f"{delay_steps.dtype} {delay_steps.shape}",
        )


def check_range(projection: FloatProjection, rows: Integers, columns: Integers, delays: Integers) -> None:
    """Refuse delays that are too short or too long."""
    wrong = np.flatnonzero((delays < 1) | (delays > DELAY_MAX))
    if wrong.size:
        raise QuantalError(
            f"the delay from unit {columns[wrong[0]]} to unit {rows[wrong[0]]} is out of range",
            where=f"projection {projection.name}",
            expected=f"1 to {DELAY_MAX} steps",
            got=str(delays[wrong[0]]),
            hint="choose a longer time step, or add an intermediate unit that relays spikes",
        )
