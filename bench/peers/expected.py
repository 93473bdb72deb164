"""The answers of the dialects and of `Cuba` and `Spike` to the same questions, and where two answers first differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from quantal.bench.peers.questions import Numbers
from quantal.neuro.arithmetic import STATE_MAX, Integers, wrap
from quantal.neuro.dialects import LAVA, Dialect, Lif, LifState, lif_step, weighted_sum
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import Population
from quantal.neuro.neurons import Cuba, Spike
from quantal.neuro.simulate.reference import population_step

REFUSED = NEVER = -1


def wrap_u(u: Integers) -> Integers:
    """u as `Cuba` wraps it."""
    return wrap(u, -STATE_MAX, STATE_MAX + 1)


SHARED = replace(LAVA, limit_u=wrap_u)
"""A dialect with the limits of `Cuba` and `Spike`."""
LIMITS = {"limit_sum": "sum of input", "limit_u": "u", "limit_v_input": "u + bias", "limit_v": "v"}


def lif_of(numbers: Numbers) -> Lif:
    """Units in sets: decays and thresholds `(sets, 1)`, biases `(sets, units)`."""
    columns = {name: numbers[name][:, None] for name in ("decay_u", "decay_v", "threshold_mant", "refractory_steps")}
    return Lif(bias_mant=numbers["bias_mant"], bias_exp=numbers["bias_exp"], **columns)


def dialect_traces(dialect: Dialect, numbers: Numbers) -> Numbers:
    """u, v and spikes of a dialect, `(sets, steps, units)`."""
    lif, a = lif_of(numbers), numbers["a"]
    zeros = np.zeros((len(a), a.shape[-1]), np.int64)
    state, rows = LifState(zeros, zeros, zeros), []
    for step in range(a.shape[1]):
        state, spikes = lif_step(dialect, lif, state, a[:, step])
        rows.append((state.u, state.v, spikes))
    return dict(zip(("u", "v", "spikes"), np.array(rows).transpose(1, 2, 0, 3), strict=True))


def kind_traces(numbers: Numbers) -> Numbers:
    """The same for `Cuba` and `Spike`."""
    found = [kind_trace({name: value[row] for name, value in numbers.items()}) for row in range(len(numbers["a"]))]
    return {name: np.array([trace[name] for trace in found]) for name in ("u", "v", "spikes")}


def kind_trace(numbers: Mapping[str, Any]) -> Numbers:
    """u, v and spikes of one set, `(steps, units)`."""
    steps, units = numbers["a"].shape
    filled = {name: np.full(units, numbers[name]) for name in ("decay_u", "decay_v", "threshold_mant")}
    cuba = Cuba(numbers["bias_mant"], numbers["bias_exp"], filled["decay_u"] - 1, filled["decay_v"])
    spike = Spike(filled["threshold_mant"], refractory_steps=int(numbers["refractory_steps"]))
    unit = Population("unit", units, cuba, spike)
    state: dict[str, Integers] = {name: np.zeros((1, units), np.int64) for name in unit.states}
    rows: list[list[Integers]] = []
    for step in range(steps):
        spikes, state = population_step(unit, state, numbers["a"][step : step + 1], np.zeros(0, np.int64))
        rows.append([state["u"][0], state["v"][0], spikes[0]])
    return dict(zip(("u", "v", "spikes"), np.array(rows).transpose(1, 0, 2), strict=True))


def first_difference(one: Numbers, other: Numbers) -> Integers:
    """First step at which traces of `(sets, steps, units)` differ, `(sets, units)`; `NEVER` where they don't."""
    differs = np.any([one[name] != other[name] for name in one], axis=0)
    return np.where(differs.any(axis=1), differs.argmax(axis=1), NEVER)


def first_departure(dialect: Dialect, numbers: Numbers) -> tuple[Integers, Integers]:
    """First step at which a limit acts differently than in `Cuba` and `Spike`, and the number of that limit."""
    shape = numbers["bias_mant"].shape
    step, limit, now = np.full(shape, NEVER), np.full(shape, NEVER), 0

    def watched(number: int, name: str) -> Callable[[Integers], Integers]:
        def rule(value: Integers) -> Integers:
            own, shared = getattr(dialect, name)(value), getattr(SHARED, name)(value)
            new = (own != shared) & (step == NEVER)
            step[new], limit[new] = now, number
            return own

        return rule

    watching = replace(dialect, **{name: watched(number, name) for number, name in enumerate(LIMITS)})
    zeros = np.zeros(shape, np.int64)
    state = LifState(zeros, zeros, zeros)
    for now in range(numbers["a"].shape[1]):
        state, _ = lif_step(watching, lif_of(numbers), state, numbers["a"][:, now])
    return step, limit


def expected_sum(dialect: Dialect, weights: Integers, exponent: int) -> Integers:
    """The sum as the package's accumulator holds it where every source sends 1; `REFUSED` for what it refuses."""
    try:
        total = weighted_sum(dialect, weights, np.ones(weights.shape[1], np.int64), exponent)
    except QuantalError:
        return np.array(REFUSED)
    return dialect.limit_sum(total << 6) >> 6
