"""Layers that do the same as a model's layers, some steps later.

In Norse an input passes through all layers within one step; here each layer adds a step. So a layer of `latency` L
first runs L steps that have no counterpart in Norse, without input, and must then be in Norse's initial state: no
current, v at rest.

A bias b of the weights before a layer is a constant current. With `u = k i` the update is `u ← (1 − r) u + k (x + b)`;
measured from the steady state `k b / r` it is `u ← (1 − r) u + k x`, with the steady state as a bias of v
(`with_constant_input`). This is exact from the first step if u and v start such that L steps without input lead to
Norse's initial state. A unit that would fire during these steps is held refractory instead.
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
    """Units that reach the model's initial state after `latency` steps without input, with the constant in their bias.

    Parameters
    ----------
    units
        Units in the model's initial state.
    constant
        Constant input at every step, `(units,)`.
    latency
        Number of layers before this one.
    place
        Where the module is in its model, for errors.
    """
    refuse_unbounded_current(units, constant, place)
    first = with_constant_input(units, constant)
    remaining_u, remaining_v = 1 - units.decay_u, 1 - units.decay_v
    moves = (remaining_v > 0) & (steady_current(units, constant) != 0)
    u, v = first.initial_u, first.initial_v
    # Backwards in time. Where nothing remains after a step, the previous v doesn't matter, and u is 0 without input.
    for _ in range(latency):
        v = np.divide(v - u - first.bias, remaining_v, out=first.initial_v.copy(), where=moves)
        u = np.divide(u, remaining_u, out=np.zeros_like(u), where=remaining_u > 0)
    return replace(first, initial_u=u, initial_v=v)


def refuse_unbounded_current(units: LeakyUnits, constant: Floats, place: str) -> None:
    """Refuse a constant input that accumulates in a current without leak."""
    current = units.gain * constant
    unbounded = np.flatnonzero((units.decay_u == 0) & (current != 0))
    if unbounded.size:
        raise QuantalError(
            f"the current of unit {unbounded[0]} grows without bound",
            where=place,
            expected="a time constant tau_syn_inv above 0, or no bias in the layer before",
            got=f"tau_syn_inv = 0 and {current[unbounded[0]]:g} at every step",
        )


def held_until(population: FloatPopulation, rest: Floats, latency: int, place: str) -> FloatPopulation:
    """The population with units that would fire within the first `latency` steps held at 0 meanwhile, as after a spike.

    That is the model's initial state only if they rest where a spike resets them, or keep nothing from step to step.
    """
    early = fires_early(population, latency)
    if not early.any():
        return population
    elsewhere = np.flatnonzero(early & (rest != 0) & (population.integration.decay_v < 1))  # type: ignore[attr-defined]
    if elsewhere.size:
        raise QuantalError(
            f"unit {elsewhere[0]} fires without input, before its first input can arrive",
            where=place,
            expected="v_leak equal to v_reset, or a lower v_leak or bias, in every layer but the first",
            got=f"a spike within the first {latency} {'step' if latency == 1 else 'steps'}",
        )
    v = np.where(early, 0.0, population.initial.get("v", np.zeros(population.size)))
    held = {"refractory_left": np.where(early, float(latency), 0.0), "v": v}
    return replace(population, initial={**population.initial, **held})


def fires_early(population: FloatPopulation, latency: int) -> NDArray[np.bool_]:
    """Which units fire within the first `latency` steps without input."""
    zeros = np.zeros(population.size)
    state: FloatState = {name: population.initial.get(name, zeros) for name in population.states}
    early = np.zeros(population.size, bool)
    for _ in range(latency):
        message, state = population_step(population, state, zeros, np.random.default_rng(0))
        early |= message > 0
    return early
