"""How far states can go, by interval arithmetic from everything that can arrive."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import TopologicalSorter

import numpy as np

from quantal.neuro.arithmetic import STATE_MAX
from quantal.neuro.compile.importing.layers import Layer
from quantal.neuro.compile.importing.leaky_units import LeakyUnits
from quantal.neuro.neurons import FloatSpike
from quantal.neuro.protocols import Floats, FloatWeight

Range = tuple[float, float]
"""Lowest and highest value of any unit."""
Sums = tuple[Floats, Floats]
"""Lowest and highest sum of input of each unit, `(units,)` each."""

SPIKES: Range = (0.0, 1.0)

LEAKLESS_STEPS = 1024
"""Steps of the strongest input for which a state without leak has room.

A leak bounds a sum by itself, at input / decay, and that is the range however slow the leak: anything less would clip
a slow integrator before it settles. Without a leak only time bounds a sum, and each doubling of this number takes a bit
of precision from the integer network, whose states have 24. With 2^10, integrate-and-fire networks compiled without
samples spike about as often as in floating point; with 2^20 their weights round to next to nothing. Samples narrow the
range further (`neuro.compile.calibrate`).
"""


def state_ranges(layers: Mapping[str, Layer], input_bound: float, known: Mapping[str, Range]) -> dict[str, Range]:
    """Lowest and highest u and v of each layer; those that leak never leave this range.

    Parameters
    ----------
    layers
        By name.
    input_bound
        Largest size of external input, which is whatever comes from a source that is not among the layers.
    known
        Ranges that are given instead of found.

    Raises
    ------
    CycleError
        Potentials that are sent round a loop bound each other, so there is no bound.
    """
    ranges = dict(known)
    messages = {name: SPIKES for name, layer in layers.items() if isinstance(layer.units.emission, FloatSpike)}
    waits_for = {
        name: {
            source for source, _ in layer.input.weights if source in layers and source not in messages.keys() | known
        }
        for name, layer in layers.items()
        if name not in known
    }
    for name in TopologicalSorter(waits_for).static_order():
        sent = {**ranges, **messages}
        outside = (-input_bound, input_bound)
        ranges[name] = state_range(layers[name].units, input_sums(layers[name], sent, outside))
    return {name: ranges[name] for name in layers}


def input_sums(layer: Layer, messages: Mapping[str, Range], outside: Range) -> Sums:
    """What can arrive at a layer in one step besides its constant."""
    lowest, highest = np.zeros(layer.units.size), np.zeros(layer.units.size)
    for (source, _), weight in layer.input.weights.items():
        low, high = weighted_range(weight.by_row(np.multiply, layer.units.gain), messages.get(source, outside))
        lowest, highest = lowest + low, highest + high
    return lowest, highest


def weighted_range(weight: FloatWeight, message: Range) -> Sums:
    """What messages between two ends can add up to."""
    lowest, highest = message
    above = weight.mapped(lambda stored: np.maximum(stored, 0)).row_sizes()
    below = weight.mapped(lambda stored: np.minimum(stored, 0)).row_sizes()
    return above * lowest - below * highest, above * highest - below * lowest


def state_range(units: LeakyUnits, sums: Sums) -> Range:
    """The range of u and v of units that get between two sums at every step; a reset only takes v closer to 0."""
    ends: list[Floats] = []
    for sign, most in ((-1, -sums[0]), (1, sums[1])):
        u = highest_state(sign * units.initial_u, most, units.decay_u)
        v = highest_state(sign * units.initial_v, u + sign * units.bias, units.decay_v)
        ends.append(sign * np.maximum(u, v))
    return min(0.0, float(ends[0].min())), float(ends[1].max())


def highest_state(initial: Floats, added: Floats, decay: Floats) -> Floats:
    """Highest value of a leaky sum that starts at `initial` and gets at most `added` at each step."""
    return np.maximum(initial, 0) + np.maximum(added, 0) * steps_summed(decay)


def steps_summed(decay: Floats) -> Floats:
    """How many steps of the same input a leaky sum holds in the end: `1 / decay`, or `LEAKLESS_STEPS` without leak.

    A leak that takes less than 1 off any 24-bit integer is none.
    """
    leaks = decay * STATE_MAX >= 1
    return np.divide(1.0, decay, out=np.full(decay.shape, float(LEAKLESS_STEPS)), where=leaks)
