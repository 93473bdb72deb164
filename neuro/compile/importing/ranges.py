"""Ranges of states, by interval arithmetic from all possible input."""

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
"""Number of steps of the strongest input that fit in the range of a state without a leak.

A leak by itself bounds a sum, at input / decay, and that is the range however slow the leak: anything less would clip
a slow integrator before it settles. Without a leak only time bounds a sum, and each doubling of this number costs the
integer network one of its 24 bits of precision. With 2^10, integrate-and-fire networks compiled without samples spike
about as often as in floating point; with 2^20, most of their weights round to 0. Samples narrow the range further
(`neuro.compile.calibrate`).
"""


def state_ranges(layers: Mapping[str, Layer], outside: Range, known: Mapping[str, Range]) -> dict[str, Range]:
    """Range of u and v of each layer; states with a leak never leave it.

    Parameters
    ----------
    layers
        Layers by name.
    outside
        Range of external input; every source that is not a layer is external.
    known
        Ranges that are already known, by layer.

    Raises
    ------
    CycleError
        If potentials are sent around a loop, so that each range depends on the others.
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
        ranges[name] = state_range(layers[name].units, input_sums(layers[name], sent, outside))
    return {name: ranges[name] for name in layers}


def input_sums(layer: Layer, messages: Mapping[str, Range], outside: Range) -> Sums:
    """Range of the input of a layer in one step, without its constant."""
    lowest, highest = np.zeros(layer.units.size), np.zeros(layer.units.size)
    for (source, _), weight in layer.input.weights.items():
        low, high = weighted_range(weight.by_row(np.multiply, layer.units.gain), messages.get(source, outside))
        lowest, highest = lowest + low, highest + high
    return lowest, highest


def weighted_range(weight: FloatWeight, message: Range) -> Sums:
    """Range of a weighted sum of messages, given their range."""
    lowest, highest = message
    above = weight.mapped(lambda stored: np.maximum(stored, 0)).row_sizes()
    below = weight.mapped(lambda stored: np.minimum(stored, 0)).row_sizes()
    return above * lowest - below * highest, above * highest - below * lowest


def state_range(units: LeakyUnits, sums: Sums) -> Range:
    """Range of u and v, given the range of input in one step; a reset only brings v closer to 0."""
    extremes: list[Floats] = []
    for sign, most in ((-1, -sums[0]), (1, sums[1])):
        u = highest_state(sign * units.initial_u, most, units.decay_u)
        v = highest_state(sign * units.initial_v, u + sign * units.bias, units.decay_v)
        extremes.append(sign * np.maximum(u, v))
    return min(0.0, float(extremes[0].min())), float(extremes[1].max())


def highest_state(initial: Floats, added: Floats, decay: Floats) -> Floats:
    """Highest value of a leaky sum that starts at `initial` and to which each step adds at most `added`."""
    return np.maximum(initial, 0) + np.maximum(added, 0) * steps_summed(decay)


def steps_summed(decay: Floats) -> Floats:
    """Ratio of a leaky sum to its constant input in the end: `1 / decay`, or `LEAKLESS_STEPS` without a leak.

    A leak that reduces no 24-bit integer by 1 or more counts as none.
    """
    leaks = decay * STATE_MAX >= 1
    return np.divide(1.0, decay, out=np.full(decay.shape, float(LEAKLESS_STEPS)), where=leaks)
