"""A convolution sample by sample: each message that isn't 0 adds its channel's kernel to the sums around its place.

Every message takes the same work wherever it is, so that no branch has to be predicted: it reaches a fixed number of
rows, and in each a fixed number of runs of weights; missing runs add zeros. Sums are stored by place, with the channels
of a group innermost, and are reordered at the end.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from quantal.neuro.caching import cached_while_alive
from quantal.neuro.engine.compiled import compiled
from quantal.neuro.engine.kernels.convolution_index import AT, HEAD, PLACES, packed_patches
from quantal.neuro.engine.kernels.dense import list_active
from quantal.neuro.engine.kernels.kernel import connects
from quantal.neuro.engine.simd import (
    CACHE_LINE,
    gather,
    is_greater,
    like,
    load,
    load_inside,
    maximum,
    splat,
    store,
    store_inside,
)
from quantal.neuro.synapses.convolution import Convolution, FloatConvolution

LANES, FLOAT_LANES = 32, 8


def _adding(add_run: Any) -> Any:
    """The loop over messages and all runs that each reaches; `add_run` adds one run of weights."""

    @njit(nogil=True)
    def add_patches(message, active, values, index, sums):
        columns, plane, group_inputs = (
            np.uint32(index[AT.columns]),
            np.uint32(index[AT.plane]),
            np.uint32(index[AT.group_inputs]),
        )
        run, rows, runs = (
            np.int64(index[AT.run]),
            2 * np.uint32(index[AT.rows_reached]),
            2 * np.uint32(index[AT.runs_reached]),
        )
        for place in range(active.size):
            source = np.uint32(active[np.uint64(place)])
            channel, inside = source // plane, source % plane
            row, column = (
                np.uint32(HEAD) + inside // columns * rows,
                np.uint32(index[AT.columns_at]) + inside % columns * runs,
            )
            first_weight = np.int64(channel) * index[AT.channel_weights]
            first_sum = np.int64(channel // group_inputs) * index[AT.group_sums]
            for y in range(row, row + rows, 2):
                for x in range(column, column + runs, 2):
                    weight = first_weight + index[np.uint64(y)] + index[np.uint64(x)]
                    target = first_sum + index[np.uint64(y + 1)] + index[np.uint64(x + 1)]
                    add_run(sums, target, values, weight, run, message[np.uint64(source)])

    return add_patches


# These loops compare with the end of a run. If the compiler knew the number of iterations in advance, it would unroll
# them, and the few iterations that there are would take longer.


@njit(nogil=True)
def _add_once(sums, target, values, weight, run, m):
    end = weight + run
    while weight < end:
        added = like(load_inside(values, weight, LANES), sums)
        store_inside(sums, target, load_inside(sums, target, LANES) + added)
        weight, target = weight + LANES, target + LANES


@njit(nogil=True)
def _add_times(sums, target, values, weight, run, m):
    end, times = weight + run, splat(sums.dtype.type(m), LANES)
    while weight < end:
        added = times * like(load_inside(values, weight, LANES), sums)
        store_inside(sums, target, load_inside(sums, target, LANES) + added)
        weight, target = weight + LANES, target + LANES


@njit(nogil=True)
def _add_floats(sums, target, values, weight, run, m):
    for lane in range(run):
        # Without a sign, so that the compiler sees that no index counts from the end.
        sums[np.uint64(target + lane)] += m * values[np.uint64(weight + lane)]


_add_spikes, _add_graded, _add_float_patches = _adding(_add_once), _adding(_add_times), _adding(_add_floats)


@njit(nogil=True)
def _aligned(size, dtype):
    """Zeros at the start of a cache line."""
    room = np.zeros(size + CACHE_LINE, dtype)
    return room[(-room.ctypes.data % CACHE_LINE) // room.itemsize :][:size]


@njit(nogil=True)
def _add_in_order(sums, index, exponent, a):
    """From `(group, place, channel)` to `(group, channel, place)`."""
    channels, places, group_sums = (
        np.int64(index[AT.channels]),
        np.int64(index[AT.places]),
        np.int64(index[AT.group_sums]),
    )
    table, nowhere, up = index[index[AT.places_at] :], splat(np.int32(-1), PLACES), splat(np.int32(exponent), PLACES)
    for channel in range(a.size // places):
        group, inside = channel // channels, channel % channels
        first = splat(np.int32(group * group_sums + inside), PLACES)
        for place in range(0, places, PLACES):
            here = load_inside(table, place, PLACES)
            found = gather(sums, maximum(here, nowhere + splat(np.int32(1), PLACES)) + first) & is_greater(
                here, nowhere
            )
            target = channel * places + place
            store(a, target, load(a, target, PLACES) + (found << up))


@njit(nogil=True)
def _not_zero(message, room):
    """Indices of all messages that aren't 0, found without a branch, unlike in NumPy."""
    count = 0
    for place in range(message.size):
        room[count] = place
        count += message[place] != 0
    return room[:count]


@compiled("float64[:,::1](float64[:,::1], float64[::1], int32[::1], int64)")
def summed_patches(messages, values, index, targets):
    """Sums in floating point, `(batch, targets)`, of messages `(batch, sources)`."""
    channels, places, group_sums = (
        np.int64(index[AT.channels]),
        np.int64(index[AT.places]),
        np.int64(index[AT.group_sums]),
    )
    a, room = np.empty((len(messages), targets)), np.empty(messages.shape[1] + 1, np.int64)
    table = index[index[AT.places_at] :]
    for sample in range(len(messages)):
        sums = _aligned(targets // (channels * places) * group_sums + LANES, np.float64)
        _add_float_patches(messages[sample], _not_zero(messages[sample], room), values, index, sums)
        for channel in range(targets // places):
            first = channel // channels * group_sums + channel % channels
            for place in range(places):
                a[sample, np.uint64(channel * places + place)] = sums[np.uint64(first + table[np.uint64(place)])]
    return a


def packed(conv: Convolution) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
    """Weights and index of an integer convolution."""
    values, index = packed_patches(conv, LANES)
    return values.astype(np.int16), index


@cached_while_alive
def packed_floats(conv: FloatConvolution) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Weights and index of a convolution in physical units."""
    return packed_patches(conv, FLOAT_LANES)


def apply_floats(conv: FloatConvolution, message: NDArray[np.float64]) -> NDArray[np.float64]:
    """`conv.apply`, equal to the last bit, for messages that are mostly 0."""
    return summed_patches(np.ascontiguousarray(message, np.float64), *packed_floats(conv), conv.shape[0])


@connects(Convolution, packed)
def connect(message, exponent, values, index, a):
    """`a += (W m) << exponent`; arguments are those of the kernel of any weight."""
    room = np.empty(message.size + 4, np.int32)
    active = room[: list_active(message, room)]
    if not active.size:
        return
    size = a.size // (index[AT.channels] * index[AT.places]) * index[AT.group_sums] + LANES
    least, most = np.int64(0), np.int64(0)
    for source in active:
        m = np.int64(message[np.uint64(source)])
        least, most = min(least, m), max(most, m)
    if max(-least, most) > index[AT.room]:
        wide = _aligned(size, np.int32)
        _add_graded(message, active, values, index, wide)
        _add_in_order(wide, index, exponent, a)
        return
    narrow = _aligned(size, np.int16)
    if least == 0 and most == 1:
        _add_spikes(message, active, values, index, narrow)
    else:
        _add_graded(message, active, values, index, narrow)
    _add_in_order(narrow.astype(np.int32), index, exponent, a)
