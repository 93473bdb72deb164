"""A convolution sample by sample: each message that isn't 0 adds its channel's kernel to the sums around its place.

Every message does the same work wherever it lies, so that no branch has to be guessed: it reaches a fixed number of
rows, in each a fixed number of runs of weights, and where there is nothing to reach it adds zeros. Sums lie by place
with the channels of a group innermost, and are brought in order in the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuro.kinds.dense import SUM_MAX, list_active
from neuro.kinds.windows import Pair, Windows, output_shape
from neuro.vectors import CACHE_LINE, gather, is_greater, like, load, load_inside, maximum, splat, store, store_inside

LANES, FLOAT_LANES, PLACES = 32, 8, 16
Kept = int | None
Run = tuple[int, int]
"""Where a run of weights begins, and where the sums that it goes to."""


class Layout(NamedTuple):
    """The head of an index: sizes in numbers, and where its tables begin."""

    channels: int
    columns: int
    plane: int
    group_inputs: int
    channel_weights: int
    group_sums: int
    run: int
    rows_reached: int
    runs_reached: int
    places: int
    room: int
    columns_at: int
    places_at: int


HEAD = len(Layout._fields)
AT = Layout(*range(HEAD))
"""Where each number of the head stands."""


def _adding(add_run: Any) -> Any:
    """The walk over messages and over all that each reaches; `add_run` adds one run of weights."""

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


# These loops end by a look at the end of a run: told the number of turns before, the compiler unrolls them, and the few
# turns that there are take longer.


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
    """Zeros from the begin of a cache line."""
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


@njit("void(int32[::1], int64, int16[::1], int32[::1], int32[::1])", cache=True, nogil=True)
def add_patches(message, exponent, values, index, a):
    """The kernel of a convolution: `a += (W m) << exponent`; arguments as of every kind of weights."""
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


@njit(nogil=True)
def _not_zero(message, room):
    """Places of what isn't 0; without a branch, other than NumPy's."""
    count = 0
    for place in range(message.size):
        room[count] = place
        count += message[place] != 0
    return room[:count]


@njit("float64[:,::1](float64[:,::1], float64[::1], int32[::1], int64)", cache=True, nogil=True)
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


def packed_patches(conv: Windows, lanes: int) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Weights and index of the kernel: the weights of each input channel by row of the kernel, run and output channel.

    A row of zeros and a run of zeros stand at the end of each, for whatever reaches nothing. The length of a run is a
    multiple of `lanes`.
    """
    channels, (_, output_rows, output_columns) = len(conv.weight) // conv.groups, output_shape(conv)
    height, _ = conv.weight.shape[2:]
    slots, length = kernel_columns(conv)
    padded = output_columns + 2 * (length - 1)
    run = -(-length * channels // lanes) * lanes
    row = run * (len(slots) // length)
    rows = reached_table(
        [[(i * row, y * padded * channels) for i, y in hits] for hits in reached(conv, 0)], height * row
    )
    runs = reached_table(list(column_runs(conv, slots, length, run, channels)), row - run)
    columns_at = HEAD + rows.size
    layout = Layout(
        channels=channels,
        columns=conv.input_shape[2],
        plane=conv.input_shape[1] * conv.input_shape[2],
        group_inputs=conv.weight.shape[1],
        channel_weights=(height + 1) * row,
        group_sums=output_rows * padded * channels,
        run=run,
        rows_reached=rows.shape[1],
        runs_reached=runs.shape[1],
        places=output_rows * output_columns,
        room=room(conv),
        columns_at=columns_at,
        places_at=columns_at + runs.size,
    )
    grid = np.arange(output_rows)[:, np.newaxis] * padded + np.arange(output_columns) + length - 1
    places = np.full(-(-grid.size // PLACES) * PLACES, -1)
    places[: grid.size] = channels * grid.ravel()
    index = np.concatenate([layout, rows.ravel(), runs.ravel(), places])
    return packed_weights(conv, slots, length, run), index.astype(np.int32)


def room(conv: Windows) -> int:
    """The largest message with which no sum can leave 16 bits."""
    sums = np.abs(conv.weight).sum(axis=(1, 2, 3)).max()
    return int(SUM_MAX // max(sums, 1))


def kernel_columns(conv: Windows) -> tuple[list[Kept], int]:
    """Columns of the kernel in runs of one length: one message adds a run to neighbouring places. `None` is zeros.

    Columns that lie one stride apart meet one message at neighbouring places; without such each is a run of its own.
    """
    width, stride, step = conv.weight.shape[3], conv.stride[1], conv.dilation[1]
    apart, length = (stride // step, -(-width * step // stride)) if stride % step == 0 else (width, 1)
    columns = [first + apart * (length - 1 - place) for first in range(apart) for place in range(length)]
    return [*(column if column < width else None for column in columns), *[None] * length], length


def column_runs(conv: Windows, slots: list[Kept], length: int, run: int, channels: int) -> Iterator[list[Run]]:
    """For each column of the picture, the runs that it reaches."""
    slot = {column: number for number, column in enumerate(slots) if column is not None}
    for hits in reached(conv, 1):
        begins = {(slot[j] // length, x - slot[j] % length + length - 1) for j, x in hits}
        yield [(number * run, place * channels) for number, place in sorted(begins)]


def reached_table(hits: list[list[Run]], nothing: int) -> NDArray[np.int64]:
    """Runs by row or column of the picture, `(rows, most of a row, 2)`; those that are missing point to zeros."""
    most = max(map(len, hits))
    return np.array([each + [(nothing, 0)] * (most - len(each)) for each in hits], np.int64).reshape(len(hits), most, 2)


def packed_weights(conv: Windows, slots: list[Kept], length: int, run: int) -> NDArray[Any]:
    """Weights `(input channels, kernel rows and zeros, runs, slots of a run and channels)`, in one row."""
    groups, inputs, (height, width) = conv.groups, conv.weight.shape[1], conv.weight.shape[2:]
    channels = len(conv.weight) // groups
    split = conv.weight.reshape(groups, channels, inputs, height, width).transpose(0, 2, 3, 4, 1)
    wide = np.zeros((groups, inputs, height + 1, len(slots), channels), conv.weight.dtype)
    for number, column in enumerate(slots):
        if column is not None:
            wide[:, :, :height, number] = split[:, :, :, column]
    rows = wide.reshape(groups, inputs, height + 1, len(slots) // length, length * channels)
    return np.pad(rows, [(0, 0)] * 4 + [(0, run - length * channels)]).ravel()


def reached(conv: Windows, axis: int) -> list[list[Pair]]:
    """For each row (or column) of the picture: rows of the kernel and of the output that meet there."""
    hits: list[list[Pair]] = [[] for _ in range(conv.input_shape[1 + axis])]
    for output in range(output_shape(conv)[1 + axis]):
        for part in range(conv.weight.shape[2 + axis]):
            seen = output * conv.stride[axis] + part * conv.dilation[axis] - conv.padding[axis]
            if 0 <= seen < len(hits):
                hits[seen].append((part, output))
    return hits
