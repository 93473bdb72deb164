"""Networks whose largest sum is so far beyond 64 bits that it would come back as a small number."""

from __future__ import annotations

import numpy as np

from quantal.neuro.arithmetic import STATE_MAX
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.verify import EXPONENT_MAX
from quantal.neuro.neurons import Accumulator, Graded, Memoryless, Silent
from quantal.neuro.synapses import Dense

PARALLEL, SENDERS, ROW = 64, 2**11, 263_173


def crafted_networks() -> tuple[CountNetwork, ...]:
    """Many projections side by side, and one unit with very many inputs, all at the largest exponent."""
    return crafted(SENDERS, -254, PARALLEL), crafted(ROW, 255, 1)


def crafted(senders: int, weight: int, parallel: int) -> CountNetwork:
    """Units whose messages have 24 bits, with equal weights onto one unit, so many times."""
    sender = Population("senders", senders, Accumulator(np.zeros(senders, np.int64), 0, -STATE_MAX), Graded())
    target = Population("sum", 1, Memoryless(np.zeros(1, np.int64)), Silent())
    row = Dense(np.full((1, senders), weight))
    projections = tuple(
        Projection(f"row {number}", "senders", "sum", row, exponent=EXPONENT_MAX) for number in range(parallel)
    )
    return CountNetwork("crafted", (sender, target), projections)
