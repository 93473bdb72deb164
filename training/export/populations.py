"""A leaky layer of a trained model as a population that does the same some steps later.

In Norse an input passes all layers within one step; here each layer adds one. So a layer whose `latency` is L first
runs L steps that have no counterpart, without input, and must then be where Norse starts: no current, v at rest.

A bias b of the weights before a layer is a current that never ends. With `u = k i` it is `u ← (1 − r) u + k (x + b)`,
which counted from its steady state `k b / r` is `u ← (1 − r) u + k x`, with the steady state as a bias of v. That is
exact from the first step on if u and v start where L silent steps lead to Norse's start. Where v would fire on the way,
it waits in its refractory time instead.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import FloatPopulation
from quantal.neuro.neurons import FloatCuba
from quantal.neuro.protocols import Floats
from quantal.neuro.synapses.forms import FloatWeight, form_of
from quantal.training.export.cells import Cell

Reach = tuple[Floats, Floats]
"""Lowest and highest sum of input of each unit, `(units,)` each."""

SLOWEST = 2.0**-20
"""A decay below this counts as this where ranges are found: without any, nothing but time limits a sum."""


def population(name: str, place: str, cell: Cell, current: Floats, latency: int, reach: Reach) -> FloatPopulation:
    """A population that does at `t + latency` what the cell does at t.

    Parameters
    ----------
    name
        Of the population.
    place
        Of the module in its model, for errors.
    cell
        What a step computes.
    current
        `k b`, `(units,)`.
    latency
        Number of layers before this one.
    reach
        What input can add up to in one step, from which follows the range that u and v never leave.
    """
    steady = steady_current(cell, current, place)
    bias = cell.decay_v * cell.rest + steady
    initial = start(cell, steady, bias, latency)
    ends = bounds(cell, bias, initial, reach)
    integration = FloatCuba(bias, cell.decay_u, cell.decay_v, *ends)
    made = FloatPopulation(name, len(bias), integration, cell.emission, initial)
    early = fires_early(made, latency)
    if early.any():
        made = replace(made, initial=waiting(cell, initial, latency, early, place))
    return made


def steady_current(cell: Cell, current: Floats, place: str) -> Floats:
    """Where u ends up by the bias alone, `k b / r`."""
    endless = np.flatnonzero((cell.decay_u == 0) & (current != 0))
    if endless.size:
        raise QuantalError(
            f"the current of unit {endless[0]} grows without end",
            where=place,
            expected="a time constant tau_syn_inv above 0, or no bias in the layer before",
            got=f"tau_syn_inv = 0 and {current[endless[0]]:g} at every step",
        )
    return np.divide(current, cell.decay_u, out=np.zeros_like(current), where=cell.decay_u > 0)


def start(cell: Cell, steady: Floats, bias: Floats, latency: int) -> dict[str, Floats]:
    """u and v that `latency` silent steps take to `−steady` and to rest, found backwards.

    Where a step forgets all, u is 0 without input, and it doesn't matter where v was before.
    """
    kept_u, kept_v = 1 - cell.decay_u, 1 - cell.decay_v
    u, v = np.where(kept_u > 0, -steady, 0), cell.rest
    for _ in range(latency):
        v = np.divide(v - u - bias, kept_v, out=cell.rest.copy(), where=(kept_v > 0) & (steady != 0))
        u = np.divide(u, kept_u, out=np.zeros_like(u), where=kept_u > 0)
    return {"u": u, "v": v}


def fires_early(made: FloatPopulation, latency: int) -> NDArray[np.bool_]:
    """Which units fire within the first `latency` steps, without any input."""
    state = {name: made.initial.get(name, np.zeros(made.size)) for name in made.states}
    early = np.zeros(made.size, bool)
    for _ in range(latency):
        state = {**state, **made.integration.step(state, np.zeros(made.size))}
        message, state = made.emission.step(state, np.random.default_rng(0))
        early |= message > 0
    return early


def waiting(
    cell: Cell, initial: dict[str, Floats], latency: int, early: NDArray[np.bool_], place: str
) -> dict[str, Floats]:
    """The start of units that would fire too early: as after a spike, held at 0 until it is their time.

    That is where Norse starts them only if v rests where a spike resets it to, or forgets all in a step.
    """
    lost = np.flatnonzero(early & (cell.rest != 0) & (cell.decay_v < 1))
    if lost.size:
        raise QuantalError(
            f"unit {lost[0]} fires without input, and so before its first input can arrive",
            where=place,
            expected="v_leak equal to v_reset, or a lower v_leak or bias, in every layer but the first",
            got=f"a spike within the {latency} steps before the model's first",
        )
    held = {"refractory_left": np.where(early, float(latency), 0.0), "v": np.where(early, 0.0, initial["v"])}
    return {**initial, **held}


def bounds(cell: Cell, bias: Floats, initial: dict[str, Floats], reach: Reach) -> tuple[float, float]:
    """A range that neither u nor v can leave, by interval arithmetic; resets only take v closer to 0."""
    ends: list[Floats] = []
    for sign, most in ((-1, -reach[0]), (1, reach[1])):
        u = most_reached(sign * initial["u"], most, cell.decay_u)
        ends.append(sign * np.maximum(u, most_reached(sign * initial["v"], u + sign * bias, cell.decay_v)))
    return float(ends[0].min()), float(ends[1].max())


def most_reached(initial: Floats, added: Floats, decay: Floats) -> Floats:
    """Highest value of a leaky sum that starts somewhere and gets at most `added` at each step."""
    return np.maximum(initial, 0) + np.maximum(added, 0) / np.maximum(decay, SLOWEST)


def reach(weight: FloatWeight, lowest: float, highest: float) -> Reach:
    """What messages between two ends can add up to."""
    form = form_of(weight)
    above = form.row_sizes(form.mapped(weight, lambda stored: np.maximum(stored, 0)))
    below = form.row_sizes(form.mapped(weight, lambda stored: np.minimum(stored, 0)))
    return above * lowest - below * highest, above * highest - below * lowest
