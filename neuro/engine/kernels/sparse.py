"""`Sparse` as compiled code."""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from quantal.neuro.engine.compiled import compiled
from quantal.neuro.engine.kernels.kernel import connects
from quantal.neuro.engine.simd import first_bit, load, splat, where_unequal
from quantal.neuro.synapses.sparse import Sparse

UNITS = 64


@compiled((types.Array(types.int32, 1, "A", readonly=True), types.int64))
def order_by_source(source, sources):
    """The connections of each source unit one after another, in their own order."""
    place = np.zeros(sources + 1, np.int64)
    for each in source:
        place[each + 1] += 1
    place = np.cumsum(place)
    order = np.empty(source.size, np.int64)
    for connection in range(source.size):
        order[place[source[connection]]] = connection
        place[source[connection]] += 1
    return order


def packed(weight: Sparse) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
    """Weights by source; start of each source's weights, then the targets."""
    return packed_places(weight, weight.target)


def packed_places(weight: Sparse, place: NDArray[np.int32]) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
    """Weights by source; start of each source's weights, then where each is added."""
    order = order_by_source(weight.source, weight.sources)
    starts = np.cumsum(np.bincount(weight.source, minlength=weight.sources), dtype=np.int32)
    index = np.empty(weight.sources + 1 + order.size, np.int32)
    index[0], index[1 : weight.sources + 1] = 0, starts
    np.take(place, order, out=index[weight.sources + 1 :])
    return weight.weight[order], index


@njit(nogil=True)
def senders_of(message, first):
    """Bits of the units that sent something, of 64 from the first."""
    return where_unequal(load(message, first, UNITS), splat(np.int32(0), UNITS))


@connects(Sparse, packed)
def connect(message, exponent, values, index, a):
    starts, targets = index[: message.size + 1], index[message.size + 1 :]
    for first in range(0, message.size, UNITS):
        senders = senders_of(message, first)
        while senders:
            source = first + first_bit(senders)
            senders &= senders - np.uint64(1)
            m = message[source] << exponent
            for connection in range(starts[source], starts[source + 1]):
                a[targets[connection]] += np.int32(m * values[connection])
