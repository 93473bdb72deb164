"""`Sparse` as compiled code."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.engine.kernels.kernel import connects
from quantal.neuro.synapses.sparse import Sparse


def packed(weight: Sparse) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
    """Weights by source; start of each source's weights, then the targets."""
    order = np.argsort(weight.source, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(weight.source, minlength=weight.sources))])
    return weight.weight[order].astype(np.int16), np.concatenate([starts, weight.target[order]]).astype(np.int32)


@connects(Sparse, packed)
def connect(message, exponent, values, index, a):
    starts, targets = index[: message.size + 1], index[message.size + 1 :]
    for source in range(message.size):
        if message[source]:
            m = message[source] << exponent
            for place in range(starts[source], starts[source + 1]):
                a[targets[place]] += np.int32(m * values[place])
