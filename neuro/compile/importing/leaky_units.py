"""Units with a leaky current and a leaky potential, as most tools have them once time goes in steps.

    u ← (1 − decay_u) u + gain · x
    v ← (1 − decay_v) v + u + bias

v is counted from the potential to which a spike resets it, so that a reset is one to 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from quantal.neuro.protocols import FloatEmission, Floats


@dataclass(frozen=True, eq=False)
class LeakyUnits:
    """The numbers of the two lines above, `(units,)` each, and what the units send.

    Parameters
    ----------
    gain, bias, decay_u, decay_v
        As there.
    initial_u, initial_v
        u and v before the first step.
    emission
        Spikes, v itself, or nothing.
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
    """Where u ends up if `constant` is all that arrives: `gain · constant / decay_u`, and 0 where nothing leaks."""
    current = units.gain * constant
    return np.divide(current, units.decay_u, out=np.zeros(units.size), where=units.decay_u > 0)


def with_constant_input(units: LeakyUnits, constant: Floats) -> LeakyUnits:
    """The same units with what arrives at every step moved into their bias.

    With the steady current s of a constant, u − s follows the line of u without the constant. So s is added to the
    bias, and u starts s lower; where a step forgets all of u, it makes no difference where it starts.
    """
    steady = steady_current(units, constant)
    initial_u = units.initial_u - np.where(units.decay_u < 1, steady, 0.0)
    return replace(units, bias=units.bias + steady, initial_u=initial_u)
