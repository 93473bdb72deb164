"""Populations as neuron nodes, with parameters from which forward Euler over one step gives the population again.

If `r` and `w_in` are not given, they cancel the leak, and the incoming weights are those of the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import FloatPopulation
from quantal.neuro.neurons import FloatAccumulator, FloatCuba, FloatGraded, FloatSilent, FloatSpike
from quantal.neuro.nir.equivalent_forms import Factors
from quantal.neuro.nir.metadata import notes_of, start_of
from quantal.neuro.nir.nir_graph import Value
from quantal.neuro.nir.primitives.neurons import rounded_to_one
from quantal.neuro.protocols import Floats


@dataclass(frozen=True)
class WrittenNeuron:
    """A neuron node, and the constant input that it needs.

    Parameters
    ----------
    kind, parameters, metadata
        Kind, parameters and metadata of the node.
    constant
        Input that has to be added at every step, `(units,)`, on the scale of the population's input.
    gain
        Factor by which the node multiplies its input, `(units,)`.
    leak
        Share of v that is lost in one step, if `v_leak` can replace the constant.
    """

    kind: str
    parameters: Mapping[str, Floats]
    constant: Floats
    gain: Floats
    leak: Floats | None = None
    metadata: Mapping[str, Value] | None = None


def neuron_of(population: FloatPopulation, factors: Factors, in_metadata: tuple[str, ...] = ()) -> WrittenNeuron:
    """The neuron node of a population."""
    where = f"population {population.name}"
    pair = (type(population.integration), type(population.emission))
    if pair not in NEURONS:
        known = ", ".join(f"{one.__name__} + {other.__name__}" for one, other in NEURONS)
        raise QuantalError(
            "NIR has no such neuron", where=where, expected=known, got=f"{pair[0].__name__} + {pair[1].__name__}"
        )
    notes = notes_of(population, in_metadata)
    return replace(NEURONS[pair](population, factors), metadata=notes)


def constant_as_leak(neuron: WrittenNeuron) -> WrittenNeuron:
    """A leaky neuron with its constant moved to `v_leak`; without a leak, the constant remains."""
    if neuron.leak is None:
        return neuron
    v_leak = neuron.parameters["v_leak"] + neuron.constant / neuron.leak
    return replace(neuron, parameters={**neuron.parameters, "v_leak": v_leak}, constant=np.zeros_like(neuron.constant))


def simplest(neuron: WrittenNeuron) -> WrittenNeuron:
    """A neuron with its remaining constant in `v_leak`, and as a Threshold if it has no memory."""
    leaky = constant_as_leak(neuron) if neuron.constant.any() else neuron
    offsets = [leaky.parameters.get(name) for name in ("v_leak", "v_reset")]
    plain = leaky.kind == "LIF" and not any(value is None or value.any() for value in offsets)
    if not plain or leaky.leak is None or (leaky.leak != 1).any():
        return leaky
    return replace(leaky, kind="Threshold", parameters={"threshold": leaky.parameters["v_threshold"]})


def spiking(population: FloatPopulation, factors: Factors) -> WrittenNeuron:
    """IF, LIF or CubaLIF. NIR's v starts at 0, so any other initial v is a shift of v and of its reset."""
    neuron = integrating(population, factors)
    emission, reset = population.emission, -start_of(population, "v")
    assert isinstance(emission, FloatSpike)
    shifted = {"v_leak": neuron.parameters["v_leak"] + reset} if "v_leak" in neuron.parameters else {}
    threshold = {"v_threshold": emission.threshold + reset, "v_reset": reset}
    kind = {"I": "IF", "LI": "LIF", "CubaLI": "CubaLIF"}[neuron.kind]
    return replace(neuron, kind=kind, parameters={**neuron.parameters, **shifted, **threshold})


def integrating(population: FloatPopulation, factors: Factors) -> WrittenNeuron:
    """I, LI or CubaLI: the neuron without its threshold."""
    cuba = population.integration
    assert isinstance(cuba, FloatCuba)
    if (cuba.decay_u == 1).all():
        return without_current(population, factors, cuba.decay_v, cuba.bias)
    where, dt_s = f"population {population.name}", factors.dt_s
    tau_syn, tau_mem = tau(dt_s, cuba.decay_u, where, "decay_u"), tau(dt_s, cuba.decay_v, where, "decay_v")
    # A current that starts at u is one that starts at 0, measured relative to u, plus a constant input that holds u.
    first = np.where(cuba.decay_u < 1, start_of(population, "u"), 0.0)
    r = factor(factors.r.get(population.name), cuba.decay_v)
    w_in = factor(factors.w_in.get(population.name), cuba.decay_u)
    v_leak = (cuba.bias + first) / cuba.decay_v
    parameters = {"tau_syn": tau_syn, "tau_mem": tau_mem, "r": r, "v_leak": v_leak, "w_in": w_in}
    gain = rounded_to_one(cuba.decay_v * r * cuba.decay_u * w_in)
    return WrittenNeuron("CubaLI", parameters, -first * cuba.decay_u, gain)


def accumulating(population: FloatPopulation, factors: Factors) -> WrittenNeuron:
    """I or LI, from an integration with one state."""
    integration = population.integration
    assert isinstance(integration, FloatAccumulator)
    return without_current(population, factors, np.full(population.size, integration.decay), integration.bias)


def without_current(population: FloatPopulation, factors: Factors, decay: Floats, bias: Floats) -> WrittenNeuron:
    """I without a leak, else LI."""
    if not decay.any():
        r = factor(factors.r.get(population.name), np.full(decay.size, factors.dt_s))
        return WrittenNeuron("I", {"r": r}, bias, rounded_to_one(factors.dt_s * r))
    tau_s = tau(factors.dt_s, decay, f"population {population.name}", "decay")
    # Without memory it may become a Threshold, which has no resistance.
    r = factor(None if (decay == 1).all() else factors.r.get(population.name), decay)
    parameters = {"tau": tau_s, "r": r, "v_leak": np.zeros(decay.size)}
    return WrittenNeuron("LI", parameters, bias, rounded_to_one(decay * r), decay)


def factor(shared: float | None, other: Floats) -> Floats:
    """The shared factor of all units, or without one the reciprocals of `other`, `(units,)`."""
    return 1 / other if shared is None else np.full(other.size, shared)


def tau(dt_s: float, decay: Floats, where: str, name: str) -> Floats:
    """Time constant in seconds; a `QuantalError` for a unit without a leak."""
    leakless = np.flatnonzero(decay == 0)
    if leakless.size:
        raise QuantalError(
            f"NIR has no leaky neuron without {name}",
            where=where,
            expected=f"{name} above 0",
            got=f"0 in unit {leakless[0]}",
        )
    return dt_s / decay


NEURONS: dict[tuple[type, type], Callable[[FloatPopulation, Factors], WrittenNeuron]] = {
    (FloatCuba, FloatSpike): spiking,
    (FloatCuba, FloatGraded): integrating,
    (FloatCuba, FloatSilent): integrating,
    (FloatAccumulator, FloatGraded): accumulating,
    (FloatAccumulator, FloatSilent): accumulating,
}
"""Integration and emission to the function that makes the equivalent neuron node."""
