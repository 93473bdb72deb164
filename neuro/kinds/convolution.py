"""Convolution: one small kernel of weights at every place of a picture, as in torch's `conv2d`.

    a[o, y, x] = Σ weight[o, c, i, j] · m[first(o) + c, y · stride + i · dilation − padding, likewise x and j]

with messages outside the picture 0, and `first(o)` the first input channel of the group that o is in. The weights are
shared, so whatever works on weights works on the kernel, never on the matrix that it stands for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuro.arithmetic import Integers
from neuro.kinds.dense import list_active
from neuro.kinds.kind import Floats, Interval
from neuro.kinds.windows import Pair, Shape, connections, correlated, matrix_shape, output_shape, window_problems

HEADER = 6
"""Numbers of the index that stand before its tables."""

PLACES, CHANNELS = 64, 8
"""Sums that are brought in order together."""


@njit(nogil=True)
def _add_patches(message, active, exponent, values, index, sums):
    """Every message that isn't 0 adds the kernel of its channel to the sums that it reaches, run by run."""
    width, plane, group_inputs = np.uint32(index[1]), np.uint32(index[2]), np.uint32(index[3])
    columns_at = np.uint32(HEADER) + plane // width
    for source in active:
        channel, inside = np.uint32(source) // plane, np.uint32(source) % plane
        row, column = np.uint32(HEADER) + inside // width, columns_at + inside % width
        first_weight, first_sum = np.int64(channel) * index[4], np.int64(channel // group_inputs) * index[5]
        m = np.int32(message[source] << exponent)
        for y in range(index[row], index[row + np.uint32(1)], 2):
            for x in range(index[column], index[column + np.uint32(1)], 3):
                weight, target = first_weight + index[y] + index[x], first_sum + index[y + 1] + index[x + 1]
                # Without a sign, so that the compiler sees that no index counts from the end.
                for place in range(index[x + 2]):
                    sums[np.uint64(target + place)] += m * np.int32(values[np.uint64(weight + place)])


@njit(nogil=True)
def _add_transposed(sums, channels, places, a):
    """From `(group, place, channel)` to `(group, channel, place)`, block by block, as the cache likes it."""
    for begin in range(0, a.size, channels * places):
        for block in range(0, places, PLACES):
            for few in range(0, channels, CHANNELS):
                for channel in range(few, min(few + CHANNELS, channels)):
                    for place in range(block, min(block + PLACES, places)):
                        target, source = begin + channel * places + place, begin + place * channels + channel
                        a[np.uint64(target)] += sums[np.uint64(source)]


@njit("void(int32[::1], int64, int16[::1], int32[::1], int32[::1])", cache=True, nogil=True)
def _kernel(message, exponent, values, index, a):
    room = np.empty(message.size + 4, np.int32)
    active, channels = room[: list_active(message, room)], np.int64(index[0])
    if channels == 1:
        _add_patches(message, active, exponent, values, index, a)
    elif active.size:
        sums = np.zeros(a.size, np.int32)
        _add_patches(message, active, exponent, values, index, sums)
        _add_transposed(sums, channels, index[5] // channels, a)


@dataclass(frozen=True, eq=False)
class Convolution:
    """`a = W m` with W given by one kernel that moves over the picture.

    Parameters
    ----------
    weight
        `(output channels, input channels / groups, height, width)`.
    input_shape
        `(channels, height, width)` of the source; its units lie in that order, and so do the target's.
    stride, padding, dilation
        `(rows, columns)` each.
    groups
        Channels are cut into so many parts; the outputs of a part see the inputs of that part only.
    """

    weight: Integers
    input_shape: Shape
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    kernel: ClassVar = staticmethod(_kernel)

    @property
    def output_shape(self) -> Shape:
        """`(channels, height, width)` of the target."""
        return output_shape(self)

    @property
    def shape(self) -> Pair:
        """`(target units, source units)`."""
        return matrix_shape(self)

    def problems(self) -> list[str]:
        return [*window_problems(self, "int64")]

    def apply(self, message: Integers) -> Integers:
        return correlated(self, self.weight, message)

    def values(self) -> Integers:
        return self.weight.ravel()

    def entries(self) -> tuple[Integers, Integers, Integers]:
        return connections(self)

    def reach(self, lowest: int, highest: int) -> Interval:
        ones = np.ones((1, self.shape[1]), np.int64)
        up, down = (correlated(self, sign(self.weight, 0), ones)[0] for sign in (np.maximum, np.minimum))
        return up * lowest + down * highest, up * highest + down * lowest

    def packed(self) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
        """Kernels by input channel with the output channels of a group innermost, so that runs of weights are long.

        The index says what each row and each column of the picture reaches. Sums lie by place too, and are brought in
        order in the end; those of a single output channel lie so already.
        """
        channels, places = len(self.weight) // self.groups, int(np.prod(self.output_shape[1:]))
        _, rows, columns = self.input_shape
        each = self.weight[0, 0].size * channels, places * channels
        tables = [*row_tables(self, channels), *column_tables(self, channels)]
        ends = HEADER + len(tables) + 1 + np.cumsum([0, *(len(table) for table in tables)])
        header = [channels, columns, rows * columns, self.weight.shape[1], *each]
        split = self.weight.reshape(self.groups, channels, *self.weight.shape[1:]).transpose(0, 2, 3, 4, 1)
        index = [*header, *ends, *(number for table in tables for number in table)]
        return split[..., column_order(self), :].astype(np.int16).ravel(), np.array(index, np.int32)


def column_order(conv: Convolution) -> list[int]:
    """Columns of the kernel such that those that one message adds to neighbouring places are neighbours."""
    step, stride = conv.dilation[1], conv.stride[1]
    return sorted(range(conv.weight.shape[3]), key=lambda column: (column * step % stride, -column))


def row_tables(conv: Convolution, channels: int) -> list[list[int]]:
    """For each row of the picture: where the weights and where the sums of each row begin that it reaches."""
    weights, sums = conv.weight.shape[3] * channels, conv.output_shape[2] * channels
    return [[n for i, y in hits for n in (i * weights, y * sums)] for hits in reached(conv, 0)]


def column_tables(conv: Convolution, channels: int) -> list[list[int]]:
    """For each column of the picture: where the weights and the sums of each run begin in their rows, its length."""
    place = {column: number for number, column in enumerate(column_order(conv))}
    sorted_hits = (sorted((place[j], x) for j, x in hits) for hits in reached(conv, 1))
    return [[channels * n for run in runs(hits) for n in run] for hits in sorted_hits]


def reached(conv: Convolution, axis: int) -> list[list[Pair]]:
    """For each row (or column) of the picture: rows of the kernel and of the output that meet there."""
    hits: list[list[Pair]] = [[] for _ in range(conv.input_shape[1 + axis])]
    for output in range(conv.output_shape[1 + axis]):
        for part in range(conv.weight.shape[2 + axis]):
            seen = output * conv.stride[axis] + part * conv.dilation[axis] - conv.padding[axis]
            if 0 <= seen < len(hits):
                hits[seen].append((part, output))
    return hits


def runs(hits: list[Pair]) -> list[tuple[int, int, int]]:
    """First weight, first sum and length of each stretch in which both go on by one."""
    found: list[tuple[int, int, int]] = []
    for weight, output in hits:
        if found and (weight, output) == (found[-1][0] + found[-1][2], found[-1][1] + found[-1][2]):
            found[-1] = (*found[-1][:2], found[-1][2] + 1)
        else:
            found.append((weight, output, 1))
    return found


@dataclass(frozen=True, eq=False)
class FloatConvolution:
    """A convolution in physical units, as a `Graph` carries it; parameters as in `Convolution`."""

    weight: Floats
    input_shape: Shape
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    @property
    def output_shape(self) -> Shape:
        """`(channels, height, width)` of the target."""
        return output_shape(self)

    @property
    def shape(self) -> Pair:
        """`(target units, source units)`."""
        return matrix_shape(self)

    def problems(self) -> list[str]:
        return [*window_problems(self, "float64")]

    def apply(self, message: Floats) -> Floats:
        return correlated(self, self.weight, message)

    def entries(self) -> tuple[Integers, Integers, Floats]:
        """Target unit, source unit and weight of every connection that isn't zero."""
        return connections(self)

    def row_sizes(self) -> Floats:
        """Sum of the sizes of each target unit's weights, `(target units,)`."""
        return correlated(self, np.abs(self.weight), np.ones((1, self.shape[1])))[0]

    def quantise(self, mantissas: Integers) -> Convolution:
        """The integer convolution with these weights, and the same windows."""
        return Convolution(mantissas, self.input_shape, self.stride, self.padding, self.dilation, self.groups)
