"""Layers that do what a model's layers do, some steps later.

In Norse an input passes all layers within one step; here each layer adds one. So a layer whose `latency` is L first
runs L steps that have no counterpart, without input, and must then be where Norse starts: no current, v at rest.

A bias b of the weights before a layer is a current that never ends. With `u = k i` it is `u ← (1 − r) u + k (x + b)`,
which counted from its steady state `k b / r` is `u ← (1 − r) u + k x`, with the steady state as a bias of v
(`with_constant_input`). That is exact from the first step on if u and v start where L silent steps lead to Norse's
start. Where v would fire on the way, it waits in its refractory time instead.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.compile.importing.leaky_units import LeakyUnits, steady_current, with_constant_input
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import FloatPopulation
from quantal.neuro.protocols import Floats, FloatState
from quantal.neuro.simulate.floats import population_step


def started_early(units: LeakyUnits, constant: Floats, latency: int, place: str) -> LeakyUnits:
    """Units that after `latency` silent steps are where the model starts, with the constant in their bias.

    Parameters
    ----------
    units
        As the model starts.
    constant
        What arrives at every step, `(units,)`.
    latency
        Number of layers before this one.
    place
        Of the module in its model, for errors.
    """
    refuse_endless(units, constant, place)
    first = with_constant_input(units, constant)
    kept_u, kept_v = 1 - units.decay_u, 1 - units.decay_v
    moves = (kept_v > 0) & (steady_current(units, constant) != 0)
    u, v = first.initial_u, first.initial_v
    # Backwards in time. Where a step forgets all, it doesn't matter where v was before, and u is 0 without input.
    for _ in range(latency):
        v = np.divide(v - u - first.bias, kept_v, out=first.initial_v.copy(), where=moves)
        u = np.divide(u, kept_u, out=np.zeros_like(u), where=kept_u > 0)
    return replace(first, initial_u=u, initial_v=v)


def refuse_endless(units: LeakyUnits, constant: Floats, place: str) -> None:
    """Refuse a constant that adds up in a current without leak."""
    current = units.gain * constant
    endless = np.flatnonzero((units.decay_u == 0) & (current != 0))
    if endless.size:
        raise QuantalError(
            f"the current of unit {endless[0]} grows without end",
            where=place,
            expected="a time constant tau_syn_inv above 0, or no bias in the layer before",
            got=f"tau_syn_inv = 0 and {current[endless[0]]:g} at every step",
        )


def held_until(population: FloatPopulation, rest: Floats, latency: int, place: str) -> FloatPopulation:
    """The population with those units held at 0 for `latency` steps, as after a spike, that would fire within them.

    At 0 is where the model starts them only if they rest where a spike resets them to, or forget all in a step.
    """
    early = fires_early(population, latency)
    if not early.any():
        return population
    lost = np.flatnonzero(early & (rest != 0) & (population.integration.decay_v < 1))  # type: ignore[attr-defined]
    if lost.size:
        raise QuantalError(
            f"unit {lost[0]} fires without input, and so before its first input can arrive",
            where=place,
            expected="v_leak equal to v_reset, or a lower v_leak or bias, in every layer but the first",
            got=f"a spike within the {latency} steps before the model's first",
        )
    v = np.where(early, 0.0, population.initial.get("v", np.zeros(population.size)))
    held = {"refractory_left": np.where(early, float(latency), 0.0), "v": v}
    return replace(population, initial={**population.initial, **held})


def fires_early(population: FloatPopulation, latency: int) -> NDArray[np.bool_]:
    """Which units fire within the first `latency` steps, without any input."""
    zeros = np.zeros(population.size)
    state: FloatState = {name: population.initial.get(name, zeros) for name in population.states}
    early = np.zeros(population.size, bool)
    for _ in range(latency):
        message, state = population_step(population, state, zeros, np.random.default_rng(0))
        early |= message > 0
    return early
