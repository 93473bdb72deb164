"""Neurons: I, LI, CubaLI, IF, LIF, CubaLIF, Threshold.

Forward Euler over a time step dt turns each into the two equations of `LeakyUnits`

    u ← (1 − decay_u) u + gain · x
    v ← (1 − decay_v) v + u + bias

with a spike where `v > threshold`, after which v is 0. Here v is NIR's v minus `v_reset`, so that a reset to `v_reset`
is a reset to 0. NIR does not define the initial v; here, as in most tools, NIR's v starts at 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from quantal.neuro.compile.importing.leaky_units import LeakyUnits
from quantal.neuro.errors import QuantalError
from quantal.neuro.neurons import FloatGraded, FloatSpike
from quantal.neuro.nir.primitives.primitive import Parameters, Primitive, Shape, elementwise, spread
from quantal.neuro.protocols import Floats

ABOVE_ONE = 1e-6
"""How far dt/tau may exceed 1, because a tau of one step is often stored as a 32-bit float."""

ROUNDING = 8 * float(np.finfo(np.float64).eps)
"""How far rounding may take a product of four 64-bit floats from 1."""


@dataclass(frozen=True)
class NeuronNode:
    """Parameters of a neuron node with units of a shape, at a time step; `where` is for errors."""

    parameters: Parameters
    shape: Shape
    dt_s: float
    where: str

    def per_unit(self, name: str, default: float = 0.0) -> Floats:
        """A parameter, `(units,)`, or its default."""
        return spread(self.parameters.get(name, default), self.shape)

    def decay(self, name: str) -> Floats:
        """`dt / tau`: the share that is lost in one step."""
        tau = self.per_unit(name)
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


def rounded_to_one(gain: Floats) -> Floats:
    """The gain, but exactly 1 where it differs from 1 only by rounding: where a resistance cancels a leak."""
    return np.where(np.abs(gain - 1) <= ROUNDING, 1.0, gain)


def leaky(gain: Floats, bias: Floats, decay_u: Floats, decay_v: Floats, reset: Floats) -> LeakyUnits:
    """Units that send v, which starts at NIR's 0."""
    return LeakyUnits(gain, bias, decay_u, decay_v, np.zeros(gain.size), 0.0 - reset, FloatGraded(0.0))


def threshold(node: NeuronNode) -> LeakyUnits:
    """`z = x > threshold`: no memory."""
    values = node.per_unit("threshold")
    ones, zeros = np.ones(values.size), np.zeros(values.size)
    return replace(leaky(ones, zeros, ones, ones, zeros), emission=FloatSpike(values))


def integrator(node: NeuronNode) -> LeakyUnits:
    """`dv/dt = R x`."""
    gain = rounded_to_one(node.dt_s * node.per_unit("r"))
    zeros = np.zeros(gain.size)
    return leaky(gain, zeros, np.ones(gain.size), zeros, node.per_unit("v_reset"))


def leaky_integrator(node: NeuronNode) -> LeakyUnits:
    """`tau dv/dt = (v_leak − v) + R x`."""
    decay, reset = node.decay("tau"), node.per_unit("v_reset")
    bias = decay * (node.per_unit("v_leak") - reset)
    return leaky(rounded_to_one(decay * node.per_unit("r")), bias, np.ones(decay.size), decay, reset)


def current_based(node: NeuronNode) -> LeakyUnits:
    """`tau_syn dI/dt = −I + w_in x`, `tau_mem dv/dt = (v_leak − v) + R I`; u is what I adds to v in one step."""
    decay_u, decay_v, reset = node.decay("tau_syn"), node.decay("tau_mem"), node.per_unit("v_reset")
    gain = rounded_to_one(decay_v * node.per_unit("r") * decay_u * node.per_unit("w_in", 1.0))
    return leaky(gain, decay_v * (node.per_unit("v_leak") - reset), decay_u, decay_v, reset)


def spiking(rule: Callable[[NeuronNode], LeakyUnits]) -> Callable[[NeuronNode], LeakyUnits]:
    """The same with a spike where NIR's v exceeds `v_threshold`, and a reset to `v_reset`."""

    def with_spikes(node: NeuronNode) -> LeakyUnits:
        above_reset = node.per_unit("v_threshold") - node.per_unit("v_reset")
        wrong = np.flatnonzero(above_reset < 0)
        if wrong.size:
            raise QuantalError(
                f"unit {wrong[0]} is reset to above its threshold",
                where=node.where,
                expected=f"v_threshold of at least {node.per_unit('v_reset')[wrong[0]]:g}",
                got=f"{node.per_unit('v_threshold')[wrong[0]]:g}",
            )
        return replace(rule(node), emission=FloatSpike(above_reset))

    return with_spikes


LEAKY = ("tau", "r", "v_leak")
CURRENT = ("tau_syn", "tau_mem", "r", "v_leak")


def neuron_primitive(*names: str, optional: tuple[str, ...] = ()) -> Primitive:
    """A primitive with one value of each parameter per unit."""
    return Primitive(names, elementwise(*names, *optional), optional=optional)


PRIMITIVES = {
    "I": neuron_primitive("r"),
    "LI": neuron_primitive(*LEAKY),
    "CubaLI": neuron_primitive(*CURRENT, optional=("w_in",)),
    "IF": neuron_primitive("r", "v_threshold", optional=("v_reset",)),
    "LIF": neuron_primitive(*LEAKY, "v_threshold", optional=("v_reset",)),
    "CubaLIF": neuron_primitive(*CURRENT, "v_threshold", optional=("v_reset", "w_in")),
    "Threshold": neuron_primitive("threshold"),
}
NEURONS: dict[str, Callable[[NeuronNode], LeakyUnits]] = {
    "I": integrator,
    "LI": leaky_integrator,
    "CubaLI": current_based,
    "IF": spiking(integrator),
    "LIF": spiking(leaky_integrator),
    "CubaLIF": spiking(current_based),
    "Threshold": threshold,
}
"""Kind of a neuron node to the function that makes its units."""
