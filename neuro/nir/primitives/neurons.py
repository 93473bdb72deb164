"""Units with memory or a threshold: I, LI, CubaLI, IF, LIF, CubaLIF, Threshold.

Each becomes, by forward Euler over a time step dt, the same two lines

    u ← (1 − decay_u) u + gain · x
    v ← (1 − decay_v) v + u + bias

with a spike where `v > threshold`, after which v is 0. Every v here is NIR's less its `v_reset`, so that a reset to
`v_reset` is a reset to 0. NIR does not say where v starts; here, as in most tools, NIR's v starts at 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from quantal.neuro.errors import QuantalError
from quantal.neuro.nir.primitives.primitive import Parameters, Primitive, Shape, elementwise, spread
from quantal.neuro.protocols import Floats

ABOVE_ONE = 1e-6
"""How far dt/tau may pass 1: a tau of one step is often a 32-bit float."""


ROUNDING = 8 * float(np.finfo(np.float64).eps)
"""How far from 1 a product of four 64-bit floats may be by rounding."""


@dataclass(frozen=True)
class Dynamics:
    """The numbers of the two lines above, `(units,)` each.

    Parameters
    ----------
    gain, bias, decay_u, decay_v
        As there.
    start_v
        v before the first step.
    threshold
        None for what sends its v.
    start_u
        u before the first step.
    """

    gain: Floats
    bias: Floats
    decay_u: Floats
    decay_v: Floats
    start_v: Floats
    threshold: Floats | None = None
    start_u: Floats | float = 0.0


@dataclass(frozen=True)
class Units:
    """Parameters of a node, one for each unit, at a time step."""

    parameters: Parameters
    shape: Shape
    dt_s: float
    where: str

    def of(self, name: str, default: float = 0.0) -> Floats:
        """A parameter, `(units,)`, or its default."""
        return spread(self.parameters.get(name, default), self.shape)

    def decay(self, name: str) -> Floats:
        """`dt / tau`: the share that one step forgets."""
        tau = self.of(name)
        wrong = np.flatnonzero((tau <= 0) | (self.dt_s > tau * (1 + ABOVE_ONE)))
        if wrong.size:
            raise QuantalError(
                f"{name} of unit {wrong[0]} is shorter than the time step",
                where=self.where,
                expected=f"at least {self.dt_s:g} s",
                got=f"{tau[wrong[0]]:g} s",
                hint="choose a shorter time step: it has to be the one that the model was trained with",
            )
        return np.minimum(self.dt_s / tau, 1.0)


def near_one(gain: Floats) -> Floats:
    """The gain, where a resistance undoes a leak exactly 1, whatever the rounding of both leaves of it."""
    return np.where(np.abs(gain - 1) <= ROUNDING, 1.0, gain)


def threshold_unit(units: Units) -> Dynamics:
    """`z = x > threshold`: nothing is kept."""
    one, zero = np.ones(units.of("threshold").size), np.zeros(units.of("threshold").size)
    return Dynamics(one, zero, one, one, zero, units.of("threshold"))


def integrator(units: Units) -> Dynamics:
    """`dv/dt = R x`."""
    gain = near_one(units.dt_s * units.of("r"))
    reset = units.of("v_reset")
    return Dynamics(gain, np.zeros(gain.size), np.ones(gain.size), np.zeros(gain.size), -reset)


def leaky_integrator(units: Units) -> Dynamics:
    """`tau dv/dt = (v_leak − v) + R x`."""
    decay, reset = units.decay("tau"), units.of("v_reset")
    bias = decay * (units.of("v_leak") - reset)
    gain = near_one(decay * units.of("r"))
    return Dynamics(gain, bias, np.ones(decay.size), decay, -reset)


def current_based(units: Units) -> Dynamics:
    """`tau_syn dI/dt = −I + w_in x`, `tau_mem dv/dt = (v_leak − v) + R I`; u is what I adds to v in one step."""
    decay_u, decay_v, reset = units.decay("tau_syn"), units.decay("tau_mem"), units.of("v_reset")
    gain = near_one(decay_v * units.of("r") * decay_u * units.of("w_in", 1.0))
    return Dynamics(gain, decay_v * (units.of("v_leak") - reset), decay_u, decay_v, -reset)


def spiking(rule: Callable[[Units], Dynamics]) -> Callable[[Units], Dynamics]:
    """The same with a spike where NIR's v passes `v_threshold`, and a reset to `v_reset`."""

    def with_spikes(units: Units) -> Dynamics:
        threshold = units.of("v_threshold") - units.of("v_reset")
        wrong = np.flatnonzero(threshold < 0)
        if wrong.size:
            raise QuantalError(
                f"unit {wrong[0]} is reset to above its threshold",
                where=units.where,
                expected=f"v_threshold of at least {units.of('v_reset')[wrong[0]]:g}",
                got=f"{units.of('v_threshold')[wrong[0]]:g}",
            )
        return replace(rule(units), threshold=threshold)

    return with_spikes


def with_constant(dynamics: Dynamics, constant: Floats) -> Dynamics:
    """The same units, where what arrives at every step is part of their bias instead.

    Through u a constant c comes to `s = gain · c / decay_u` in the end, and u − s follows the same line without c. So
    s goes to the bias, and u starts s lower.
    """
    settled = dynamics.gain * constant / dynamics.decay_u
    start_u = np.where(dynamics.decay_u < 1, -settled, 0.0)
    return replace(dynamics, bias=dynamics.bias + settled, start_u=start_u)


LEAKY = ("tau", "r", "v_leak")
CURRENT = ("tau_syn", "tau_mem", "r", "v_leak")


def unit_primitive(*names: str, optional: tuple[str, ...] = ()) -> Primitive:
    """A primitive with one number a unit of each parameter."""
    return Primitive(names, elementwise(*names, *optional), optional=optional)


PRIMITIVES = {
    "I": unit_primitive("r"),
    "LI": unit_primitive(*LEAKY),
    "CubaLI": unit_primitive(*CURRENT, optional=("w_in",)),
    "IF": unit_primitive("r", "v_threshold", optional=("v_reset",)),
    "LIF": unit_primitive(*LEAKY, "v_threshold", optional=("v_reset",)),
    "CubaLIF": unit_primitive(*CURRENT, "v_threshold", optional=("v_reset", "w_in")),
    "Threshold": unit_primitive("threshold"),
}
DYNAMICS: dict[str, Callable[[Units], Dynamics]] = {
    "I": integrator,
    "LI": leaky_integrator,
    "CubaLI": current_based,
    "IF": spiking(integrator),
    "LIF": spiking(leaky_integrator),
    "CubaLIF": spiking(current_based),
    "Threshold": threshold_unit,
}
