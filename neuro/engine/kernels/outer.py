"""`Outer` as compiled code: one pass over tags and weights, in which silent sources are skipped."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantal.neuro.arithmetic import DECAY_UNITY, STATE_MAX, Integers
from quantal.neuro.engine.kernels.kernel import learns
from quantal.neuro.engine.simd import (
    gather,
    is_greater,
    load,
    maximum,
    minimum,
    narrow_to_int8,
    narrow_to_int16,
    splat,
    store,
)
from quantal.neuro.synapses.plasticity.outer import Outer

LANES = 64
ZERO = np.int32(0)
HEAD = 4


def numbers(rule: Outer) -> Integers:
    """What the kernel reads: shift, limit, decay, number of groups; group and sign of each term.

    Terms of a group have the same factor pre, so that their factors post can be added before they are multiplied.
    """
    groups: dict[tuple[str, int], int] = {}
    terms = [(groups.setdefault((term.pre, term.pre_delay), len(groups)), term.sign) for term in rule.terms]
    return np.array([rule.shift, rule.limit, rule.decay, len(groups), *np.ravel(terms)], np.int64)


@njit(nogil=True)
def _sum_posts(memory, places, numbers, posts, pre_at):
    """Add up the factors post of each group in `posts`, and find its factor pre; −1 if nothing is to be multiplied."""
    targets = posts.shape[1]
    pre_at[:] = -1
    for term in range(places.size // 2):
        group, sign = numbers[HEAD + 2 * term], numbers[HEAD + 2 * term + 1]
        post = places[2 * term]
        for target in range(targets):
            posts[group, target] += np.int32(sign * memory[post + target])
            if posts[group, target]:
                pre_at[group] = places[2 * term + 1]


@njit(nogil=True)
def _learned(tag, change, decay):
    """Tags of some connections after one step: leak, add, saturate. The product with the decay fits in 32 bits."""
    if decay:
        sign = is_greater(splat(ZERO, LANES), tag)
        size, rest = (tag ^ sign) - sign, splat(np.int32(DECAY_UNITY - decay), LANES)
        high = (size >> splat(np.int32(12), LANES)) * rest
        low = ((size & splat(np.int32(DECAY_UNITY - 1), LANES)) * rest) >> splat(np.int32(12), LANES)
        tag = ((high + low) ^ sign) - sign
    return minimum(maximum(tag + change, splat(np.int32(-STATE_MAX), LANES)), splat(np.int32(STATE_MAX), LANES))


@njit(nogil=True)
def _half_weights(tag, shift, limit):
    """Half of the weights that follow from tags."""
    half = np.int32((1 << shift) >> 1)
    rounded = (tag + splat(half, LANES)) >> splat(np.int32(shift), LANES)
    return minimum(maximum(rounded, splat(np.int32(-limit), LANES)), splat(np.int32(limit), LANES))


@njit(nogil=True)
def _learn_row(posts, pre, numbers, mask, tags, halves):
    """All connections from one source; `mask` has a byte for each, 0 where there is none, or is empty."""
    for target in range(0, tags.size, LANES):
        change = splat(ZERO, LANES)
        for group in range(pre.size):
            change = change + splat(pre[group], LANES) * load(posts[group], target, LANES)
        tag = _learned(load(tags, target, LANES), change, numbers[2])
        store(tags, target, tag)
        half = narrow_to_int8(_half_weights(tag, numbers[0], numbers[1]))
        if mask.size:
            half = half & load(mask, target, LANES)
        store(halves, target, half)


@njit(nogil=True)
def _learn_listed(posts, pre, numbers, targets, tags, weights):
    """The connections from one source to listed targets."""
    for place in range(0, tags.size, LANES):
        change, listed = splat(ZERO, LANES), load(targets, place, LANES)
        for group in range(pre.size):
            change = change + splat(pre[group], LANES) * gather(posts[group], listed)
        tag = _learned(load(tags, place, LANES), change, numbers[2])
        store(tags, place, tag)
        half = _half_weights(tag, numbers[0], numbers[1])
        store(weights, place, narrow_to_int16(half + half))


@learns(Outer, numbers)
def learn(memory, places, numbers, connections, tags, weights):
    targets, sources, listed, groups = connections[0], connections[1], connections[2], numbers[3]
    posts, pre_at, pre = np.zeros((groups, targets), np.int32), np.empty(groups, np.int64), np.empty(groups, np.int32)
    _sum_posts(memory, places, numbers, posts, pre_at)
    rest, halves, whole = connections[3:], weights.view(np.int8), weights.view(np.int16)
    mask = rest.view(np.int8)
    for source in range(sources):
        active = numbers[2] != 0
        for group in range(groups):
            pre[group] = memory[pre_at[group] + source] if pre_at[group] >= 0 else 0
            active |= pre[group] != 0
        if not active:
            continue
        if listed:
            first, last = rest[source], rest[source + 1]
            goals = rest[sources + 1 + first : sources + 1 + last]
            _learn_listed(posts, pre, numbers, goals, tags[first:last], whole[first:last])
        else:
            first, last = np.int64(source) * targets, np.int64(source + 1) * targets
            _learn_row(posts, pre, numbers, mask[first:last], tags[first:last], halves[first:last])
