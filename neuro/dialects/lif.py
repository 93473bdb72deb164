"""A leaky integrate-and-fire unit in a dialect: its numbers, one step, and what of it the package can't do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.neuro.arithmetic import DECAY_UNITY, Integers, leak
from quantal.neuro.dialects.dialect import SHIFT, Dialect
from quantal.neuro.errors import QuantalError


@dataclass(frozen=True, eq=False)
class Lif:
    """A leaky integrate-and-fire unit in the terms that all dialects share, every array `(units,)`.

    Parameters
    ----------
    decay_u, decay_v
        What is really forgotten, offsets included, in 1/4096 a step.
    bias_mant, bias_exp
        Added to v at each step: `bias_mant << bias_exp`.
    threshold_mant
        A spike where v passes `threshold_mant << 6`.
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
    """Current, membrane potential and refractory steps that are left, `(units,)` each or `(batch, units)`."""

    u: Integers
    v: Integers
    refractory: Integers


def lif_step(dialect: Dialect, lif: Lif, state: LifState, a: Integers) -> tuple[LifState, Integers]:
    """State and spikes of the package's own neuron after one step with input `a`, beyond its limits too."""
    q = dialect.accumulate(a << SHIFT)
    u = dialect.keep_current(leak(state.u, lif.decay_u) + q)
    drive = dialect.keep_drive(u + (lif.bias_mant << lif.bias_exp))
    v = np.where(state.refractory > 0, 0, dialect.keep_voltage(leak(state.v, lif.decay_v) + drive))
    spikes = v > lif.threshold_mant << SHIFT
    waiting = np.where(spikes, lif.refractory_steps, np.maximum(state.refractory - 1, 0))
    return LifState(u, np.where(spikes, 0, v), waiting), spikes.astype(np.int64)


def cuba_fields(dialect: Dialect, decay_u: Integers, decay_v: Integers) -> dict[str, Any]:
    """Fields of a `Cuba` whose decays are these, in 1/4096 a step, offsets included; an error where none can be."""
    register = decay_u - dialect.decay_offset
    for name, value in (("decay_u", register), ("decay_v", decay_v)):
        wrong = np.flatnonzero((value < 0) | (value > dialect.decay_max))
        if wrong.size:
            where, expected = f"dialect {dialect.name}, {name}", f"a register from 0 to {dialect.decay_max}"
            raise QuantalError("no such decay", where=where, expected=expected, got=str(value[wrong[0]]))
    return {"decay_u": register, "decay_v": decay_v, "decay_offset": dialect.decay_offset}


def lif_problems(dialect: Dialect, lif: Lif) -> list[str]:
    """What of a unit the package's own neuron can't do; nothing if it can do all."""
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
