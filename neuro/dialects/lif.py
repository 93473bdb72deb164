"""A leaky integrate-and-fire unit in a dialect: its parameters, its step, and what the package can't represent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.neuro.arithmetic import DECAY_UNITY, Integers, leak
from quantal.neuro.dialects.dialect import SHIFT, Dialect
from quantal.neuro.errors import QuantalError


@dataclass(frozen=True, eq=False)
class Lif:
    """A leaky integrate-and-fire unit in terms common to all dialects, every array `(units,)`.

    Parameters
    ----------
    decay_u, decay_v
        Share of u and v that leaks in a step, offsets included, in 1/4096.
    bias_mant, bias_exp
        Added to v at each step: `bias_mant << bias_exp`.
    threshold_mant
        A unit spikes when v exceeds `threshold_mant << 6`.
    refractory_steps
        Steps after a spike during which v is held at 0.
    """

    decay_u: Integers
    decay_v: Integers
    bias_mant: Integers
    bias_exp: Integers
    threshold_mant: Integers
    refractory_steps: Integers


@dataclass(frozen=True, eq=False)
class LifState:
    """Current, membrane potential and remaining refractory steps, `(units,)` or `(batch, units)` each."""

    u: Integers
    v: Integers
    refractory: Integers


def lif_step(dialect: Dialect, lif: Lif, state: LifState, a: Integers) -> tuple[LifState, Integers]:
    """State and spikes of the package's own neuron after one step with input `a`, also beyond its limits."""
    q = dialect.limit_sum(a << SHIFT)
    u = dialect.limit_u(leak(state.u, lif.decay_u) + q)
    v_input = dialect.limit_v_input(u + (lif.bias_mant << lif.bias_exp))
    v = np.where(state.refractory > 0, 0, dialect.limit_v(leak(state.v, lif.decay_v) + v_input))
    spikes = v > lif.threshold_mant << SHIFT
    waiting = np.where(spikes, lif.refractory_steps, np.maximum(state.refractory - 1, 0))
    return LifState(u, np.where(spikes, 0, v), waiting), spikes.astype(np.int64)


def cuba_fields(dialect: Dialect, decay_u: Integers, decay_v: Integers) -> dict[str, Any]:
    """Fields of a `Cuba` with these decays, in 1/4096 per step, offsets included; an error if there are none."""
    register = decay_u - dialect.decay_offset
    for name, value in (("decay_u", register), ("decay_v", decay_v)):
        wrong = np.flatnonzero((value < 0) | (value > dialect.decay_max))
        if wrong.size:
            where, expected = f"dialect {dialect.name}, {name}", f"a register from 0 to {dialect.decay_max}"
            raise QuantalError("no such decay", where=where, expected=expected, got=str(value[wrong[0]]))
    return {"decay_u": register, "decay_v": decay_v, "decay_offset": dialect.decay_offset}


def lif_problems(dialect: Dialect, lif: Lif) -> list[str]:
    """Parameters that the package's own neuron can't represent; empty if it can represent all."""
    limits = {
        "decay_u": (lif.decay_u, dialect.decay_offset, min(DECAY_UNITY, dialect.decay_max + dialect.decay_offset)),
        "decay_v": (lif.decay_v, 0, dialect.decay_max),
        "bias_mant": (lif.bias_mant, dialect.bias_min, dialect.bias_max),
        "threshold_mant": (lif.threshold_mant, dialect.threshold_min, 2**17 - 1),
        "refractory_steps": (lif.refractory_steps, 0, dialect.refractory_max),
    }
    return [
        f"{name} goes from {value.min()} to {value.max()}, {dialect.name} takes {low} to {high}"
        for name, (value, low, high) in limits.items()
        if value.size and (value.min() < low or value.max() > high)
    ]
