"""Units with a leaky current and a leaky potential, as most tools define them in discrete time.

    u ← (1 − decay_u) u + gain · x
    v ← (1 − decay_v) v + u + bias

v is measured relative to the reset potential, so that a spike resets it to 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from quantal.neuro.protocols import FloatEmission, Floats


@dataclass(frozen=True, eq=False)
class LeakyUnits:
    """Parameters of the two equations above, and the emission of the units.

    Parameters
    ----------
    gain, bias, decay_u, decay_v
        As in the equations, `(units,)` each.
    initial_u, initial_v
        u and v before the first step, `(units,)` each.
    emission
        What the units send: spikes, v itself, or nothing.
    """

    gain: Floats
    bias: Floats
    decay_u: Floats
    decay_v: Floats
    initial_u: Floats
    initial_v: Floats
    emission: FloatEmission

    @property
    def size(self) -> int:
        """Number of units."""
        return len(self.bias)


def steady_current(units: LeakyUnits, constant: Floats) -> Floats:
    """The steady u for a constant input: `gain · constant / decay_u`, or 0 without a leak."""
    current = units.gain * constant
    return np.divide(current, units.decay_u, out=np.zeros(units.size), where=units.decay_u > 0)


def with_constant_input(units: LeakyUnits, constant: Floats) -> LeakyUnits:
    """The same units with a constant input moved into their bias.

    If s is the steady current of the constant, u − s obeys the equation of u without the constant. So s is added to the
    bias, and the initial u is lowered by s; where u decays completely in one step, its initial value has no effect.
    """
    steady = steady_current(units, constant)
    initial_u = units.initial_u - np.where(units.decay_u < 1, steady, 0.0)
    return replace(units, bias=units.bias + steady, initial_u=initial_u)
