"""Weights and tables of a convolution as its kernel reads them: where a message goes, and which weights it adds there.

Weights are ordered by input channel, row of the kernel, run and output channel. A run is what one message adds to
neighbouring places; a missing run points to zeros.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.engine.kernels.dense import SUM_MAX
from quantal.neuro.synapses.windows import Pair, Windows, output_shape

PLACES = 16
Slot = int | None
"""Column of the kernel; `None` for zeros."""
Run = tuple[int, int]
"""Start of a run of weights, and start of the sums to which it is added."""


class Head(NamedTuple):
    """The head of an index: sizes, and offsets of its tables."""

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


HEAD = len(Head._fields)
AT = Head(*range(HEAD))
"""Position of each number of the head."""


def packed_patches(conv: Windows, lanes: int) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Weights and index of the kernel: the weights of each input channel by row of the kernel, run and output channel.

    Each ends with a row of zeros and a run of zeros, to which missing rows and runs point. The length of a run is a
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
    head = Head(
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
    index = np.concatenate([head, rows.ravel(), runs.ravel(), places])
    return packed_weights(conv, slots, length, run), index.astype(np.int32)


def room(conv: Windows) -> int:
    """The largest message with which no sum can leave 16 bits."""
    sums = np.abs(conv.weight).sum(axis=(1, 2, 3)).max()
    return int(SUM_MAX // max(sums, 1))


def kernel_columns(conv: Windows) -> tuple[list[Slot], int]:
    """Columns of the kernel in runs of one length, and that length: one message adds a run to neighbouring places.

    Columns that are one stride apart meet a message at neighbouring places; if none are, each column is a run.
    """
    width, stride, step = conv.weight.shape[3], conv.stride[1], conv.dilation[1]
    apart, length = (stride // step, -(-width * step // stride)) if stride % step == 0 else (width, 1)
    columns = [first + apart * (length - 1 - place) for first in range(apart) for place in range(length)]
    return [*(column if column < width else None for column in columns), *[None] * length], length


def column_runs(conv: Windows, slots: list[Slot], length: int, run: int, channels: int) -> Iterator[list[Run]]:
    """For each column of the image, the runs that it reaches."""
    slot = {column: number for number, column in enumerate(slots) if column is not None}
    for hits in reached(conv, 1):
        starts = {(slot[j] // length, x - slot[j] % length + length - 1) for j, x in hits}
        yield [(number * run, place * channels) for number, place in sorted(starts)]


def reached_table(hits: list[list[Run]], nothing: int) -> NDArray[np.int64]:
    """Runs by row or column of the image, `(rows, largest number of runs, 2)`; missing ones point to zeros."""
    most = max(map(len, hits))
    return np.array([each + [(nothing, 0)] * (most - len(each)) for each in hits], np.int64).reshape(len(hits), most, 2)


def packed_weights(conv: Windows, slots: list[Slot], length: int, run: int) -> NDArray[Any]:
    """Weights `(input channels, kernel rows and zeros, runs, slots of a run and channels)`, flattened."""
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
    """For each row (or column) of the image: rows of the kernel and of the output that meet there."""
    hits: list[list[Pair]] = [[] for _ in range(conv.input_shape[1 + axis])]
    for output in range(output_shape(conv)[1 + axis]):
        for part in range(conv.weight.shape[2 + axis]):
            seen = output * conv.stride[axis] + part * conv.dilation[axis] - conv.padding[axis]
            if 0 <= seen < len(hits):
                hits[seen].append((part, output))
    return hits
