"""`Sparse` with a delay for each connection: what a message adds is queued for the step at which it arrives.

A population keeps two things for each of its next steps, as many as the longest delay, in a ring:

- sums, `(steps, units)`, in the memory of a sample
- a queue of single additions, each a unit and a number, in working memory. It is read and written in order, while sums
  of many steps do not fit in the cache: to add to them at random takes three times as long.

A queue starts with how many additions each step has, and 1 for each step that has sums. The additions of
all steps follow, in 64 bits each. Full queues are added to the sums, and so are all of them at the end of a run.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from quantal.neuro.engine.compiled import compiled
from quantal.neuro.engine.kernels.sparse import packed_places, senders_of
from quantal.neuro.engine.simd import first_bit
from quantal.neuro.errors import Refusal
from quantal.neuro.synapses.sparse import Sparse

UNITS = 64
DELAY_BITS = 6
DELAYS = 2**DELAY_BITS
UNITS_MAX = 2 ** (31 - DELAY_BITS)
"""A unit and a delay share 32 bits."""
NUMBER_AT, UNIT_MASK = 32, 2**32 - 1
"""The two halves of an addition."""
ADDITIONS_PER_UNIT = 2
"""Room of the queue of a step. With more, a queue leaves the cache; with less, sums are added to more often."""


def packed_delayed(weight: Sparse, delay_steps: NDArray[np.int8]) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
    """Weights by source; start of each source's weights, then the target and the delay beyond one step of each."""
    if weight.targets > UNITS_MAX:
        raise Refusal(
            "too many units for delays by connection",
            where="engine",
            expected=f"at most {UNITS_MAX} target units",
            got=str(weight.targets),
        )
    return packed_places(weight, (weight.target << DELAY_BITS) | (delay_steps.astype(np.int32) - 1))


def queue_size(steps: int, weights: list[Sparse]) -> int:
    """Size of the queue of a population at which connections with delays of up to `steps` end."""
    if not weights:
        return 0
    rows = [int(np.bincount(each.source).max(initial=0)) for each in weights]
    return 2 * steps * (1 + max(ADDITIONS_PER_UNIT * weights[0].targets, *rows))


@njit(nogil=True)
def parts_of(queue, steps):
    """Number of additions and whether there are sums, `(steps,)`; all additions; the room of a step."""
    additions = queue[2 * steps :].view(np.int64)
    return queue[:steps], queue[steps : 2 * steps], additions, additions.size // steps


@njit(nogil=True)
def open_queue(queue, steps):
    """Empty a queue, with sums in every step."""
    queue[:steps] = 0
    queue[steps : 2 * steps] = 1


@njit(nogil=True)
def settle(queue, sums, steps):
    """Add all that is queued to the sums."""
    counts, has_sums, additions, room = parts_of(queue, steps)
    size = sums.size // steps
    for slot in range(steps):
        add_all(additions[slot * room : slot * room + counts[slot]], sums[slot * size : (slot + 1) * size])
        has_sums[slot] |= counts[slot] > 0
        counts[slot] = 0


@njit(nogil=True)
def take_due(queue, sums, steps, slot, a):
    """Move what is due in a step to the input `a`."""
    counts, has_sums, additions, room = parts_of(queue, steps)
    if has_sums[slot]:
        due = sums[slot * a.size : (slot + 1) * a.size]
        for unit in range(a.size):
            a[unit] += due[unit]
            due[unit] = 0
        has_sums[slot] = 0
    add_all(additions[slot * room : slot * room + counts[slot]], a)
    counts[slot] = 0


@njit(nogil=True)
def add_all(additions, a):
    """Add each number to its unit."""
    for place in range(np.uint64(additions.size)):
        addition = additions[place]
        a[np.uint64(addition & UNIT_MASK)] += addition >> NUMBER_AT


@njit(nogil=True)
def deliver(message, exponent, values, index, queue, sums, steps, slot):
    """Queue `(W m) << exponent` for the steps at which it arrives, with a delay of one step in `slot`."""
    starts, ends = index[: message.size + 1], index[message.size + 1 :]
    counts, _, additions, room = parts_of(queue, steps)
    free = np.empty(steps, np.int64)
    filled = find_free(counts, free, room, slot)
    for first in range(0, message.size, UNITS):
        senders = senders_of(message, first)
        while senders:
            source = first + first_bit(senders)
            senders &= senders - np.uint64(1)
            row = starts[source + 1] - starts[source]
            if filled + row > room:
                # `filled` is too large an estimate, as not all of a row has one delay.
                write_counts(counts, free, room, slot)
                if counts.max() + row > room:
                    settle(queue, sums, steps)
                filled = find_free(counts, free, room, slot)
            filled += row
            m = message[source] << exponent
            for connection in range(np.uint64(starts[source]), np.uint64(starts[source + 1])):
                end = np.uint32(ends[connection])
                later = np.uint64(end & np.uint32(DELAYS - 1))
                place = np.uint64(free[later])
                free[later] += 1
                number = np.int64(m * values[connection])
                additions[place] = number << NUMBER_AT | np.int64(end >> np.uint32(DELAY_BITS))
    write_counts(counts, free, room, slot)


@njit(nogil=True)
def find_free(counts, free, room, slot):
    """Write the first free place for each delay, and return the largest number of additions of a step."""
    for later in range(counts.size):
        step = (slot + later) % counts.size
        free[later] = step * room + counts[step]
    return counts.max()


@njit(nogil=True)
def write_counts(counts, free, room, slot):
    """Write how many additions each step has."""
    for later in range(counts.size):
        step = (slot + later) % counts.size
        counts[step] = free[later] - step * room


@compiled("void(int32[:,::1], int64, int16[::1], int32[::1], int32[::1], int64, int64)")
def deliver_past(messages, exponent, values, index, sums, steps, step):
    """Add what messages `(steps, source units)` sent before `step` still have to deliver to the sums of next steps.

    The newest is left out: it is delivered in that step itself.
    """
    starts, ends = index[: messages.shape[1] + 1], index[messages.shape[1] + 1 :]
    size = sums.size // steps
    for ago in range(2, messages.shape[0] + 1):
        for source in np.flatnonzero(messages[-ago]):
            m = messages[-ago, source] << exponent
            for connection in range(starts[source], starts[source + 1]):
                later = ends[connection] & (DELAYS - 1)
                if later + 1 >= ago:
                    slot = (step - ago + 1 + later) % steps
                    sums[slot * size + (ends[connection] >> DELAY_BITS)] += np.int32(m * values[connection])
