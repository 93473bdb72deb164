"""Populations as NIR's units: the parameters that forward Euler over one step takes back to the population's.

Where `r` and `w_in` are not given, they undo the leak, and the weights of what arrives are those of the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import FloatPopulation
from quantal.neuro.neurons import FloatAccumulator, FloatCuba, FloatGraded, FloatSilent, FloatSpike
from quantal.neuro.nir.nir_graph import Value
from quantal.neuro.nir.primitives.neurons import rounded_to_one
from quantal.neuro.nir.write.conventions import Convention
from quantal.neuro.nir.write.metadata import notes_of, start_of
from quantal.neuro.protocols import Floats


@dataclass(frozen=True)
class Unit:
    """A node, and what has to arrive there.

    Parameters
    ----------
    kind, parameters, metadata
        Of the node.
    constant
        What has to arrive at every step besides, `(units,)`, in units of the population's input.
    gain
        How many times what arrives counts, `(units,)`.
    leak
        Share of v that one step forgets, where `v_leak` may stand for the constant.
    """

    kind: str
    parameters: Mapping[str, Floats]
    constant: Floats
    gain: Floats
    leak: Floats | None = None
    metadata: Mapping[str, Value] | None = None


def unit_of(population: FloatPopulation, convention: Convention, in_metadata: tuple[str, ...] = ()) -> Unit:
    """The node of a population."""
    where = f"population {population.name}"
    pair = (type(population.integration), type(population.emission))
    if pair not in UNITS:
        known = ", ".join(f"{one.__name__} + {other.__name__}" for one, other in UNITS)
        raise QuantalError(
            "NIR has no such unit", where=where, expected=known, got=f"{pair[0].__name__} + {pair[1].__name__}"
        )
    notes = notes_of(population, in_metadata)
    return replace(UNITS[pair](population, convention), metadata=notes)


def resting(unit: Unit) -> Unit:
    """A leaky unit that has its constant in `v_leak`; of one without leak nothing else is known than to bring it."""
    if unit.leak is None:
        return unit
    v_leak = unit.parameters["v_leak"] + unit.constant / unit.leak
    return replace(unit, parameters={**unit.parameters, "v_leak": v_leak}, constant=np.zeros_like(unit.constant))


def settled(unit: Unit) -> Unit:
    """A unit that brings its own constant if nothing else does, and a Threshold where that says all."""
    rested = resting(unit) if unit.constant.any() else unit
    told = {name: rested.parameters.get(name) for name in ("v_leak", "v_reset")}
    plain = rested.kind == "LIF" and not any(value is None or value.any() for value in told.values())
    if not plain or rested.leak is None or (rested.leak != 1).any():
        return rested
    return replace(rested, kind="Threshold", parameters={"threshold": rested.parameters["v_threshold"]})


def spiking(population: FloatPopulation, convention: Convention) -> Unit:
    """IF, LIF or CubaLIF. NIR's v starts at 0, so one that starts elsewhere is moved, with its reset."""
    unit = cuba_unit(population, convention)
    emission, reset = population.emission, -start_of(population, "v")
    assert isinstance(emission, FloatSpike)
    moved = {"v_leak": unit.parameters["v_leak"] + reset} if "v_leak" in unit.parameters else {}
    threshold = {"v_threshold": emission.threshold + reset, "v_reset": reset}
    kind = {"I": "IF", "LI": "LIF", "CubaLI": "CubaLIF"}[unit.kind]
    return replace(unit, kind=kind, parameters={**unit.parameters, **moved, **threshold})


def cuba_unit(population: FloatPopulation, convention: Convention) -> Unit:
    """I, LI or CubaLI: the node without its threshold."""
    cuba = population.integration
    assert isinstance(cuba, FloatCuba)
    if (cuba.decay_u == 1).all():
        return without_current(population, convention, cuba.decay_v, cuba.bias)
    where, dt_s = f"population {population.name}", convention.dt_s
    tau_syn, tau_mem = tau(dt_s, cuba.decay_u, where, "decay_u"), tau(dt_s, cuba.decay_v, where, "decay_v")
    # A current that starts at u is one that starts at 0 in units moved by u, with a constant input that keeps it there.
    first = np.where(cuba.decay_u < 1, start_of(population, "u"), 0.0)
    r = chosen(convention.r.get(population.name), cuba.decay_v)
    w_in = chosen(convention.w_in.get(population.name), cuba.decay_u)
    v_leak = (cuba.bias + first) / cuba.decay_v
    parameters = {"tau_syn": tau_syn, "tau_mem": tau_mem, "r": r, "v_leak": v_leak, "w_in": w_in}
    gain = rounded_to_one(cuba.decay_v * r * cuba.decay_u * w_in)
    return Unit("CubaLI", parameters, -first * cuba.decay_u, gain)


def accumulating(population: FloatPopulation, convention: Convention) -> Unit:
    """I or LI of a one-state integration."""
    integration = population.integration
    assert isinstance(integration, FloatAccumulator)
    return without_current(population, convention, np.full(population.size, integration.decay), integration.bias)


def without_current(population: FloatPopulation, convention: Convention, decay: Floats, bias: Floats) -> Unit:
    """I where nothing leaks, else LI."""
    if not decay.any():
        r = chosen(convention.r.get(population.name), np.full(decay.size, convention.dt_s))
        return Unit("I", {"r": r}, bias, rounded_to_one(convention.dt_s * r))
    tau_s = tau(convention.dt_s, decay, f"population {population.name}", "decay")
    # What forgets all in a step may become a Threshold, which has no resistance.
    r = chosen(None if (decay == 1).all() else convention.r.get(population.name), decay)
    return Unit("LI", {"tau": tau_s, "r": r, "v_leak": np.zeros(decay.size)}, bias, rounded_to_one(decay * r), decay)


def chosen(shared: float | None, undone: Floats) -> Floats:
    """The factor that all units share, or the one of each that undoes another, `(units,)`."""
    return 1 / undone if shared is None else np.full(undone.size, shared)


def tau(dt_s: float, decay: Floats, where: str, name: str) -> Floats:
    """Time constant in seconds; there is none without a leak."""
    still = np.flatnonzero(decay == 0)
    if still.size:
        raise QuantalError(
            f"NIR has no unit with a leak that lacks {name}",
            where=where,
            expected=f"{name} above 0",
            got=f"0 in unit {still[0]}",
        )
    return dt_s / decay


UNITS: dict[tuple[type, type], Callable[[FloatPopulation, Convention], Unit]] = {
    (FloatCuba, FloatSpike): spiking,
    (FloatCuba, FloatGraded): cuba_unit,
    (FloatCuba, FloatSilent): cuba_unit,
    (FloatAccumulator, FloatGraded): accumulating,
    (FloatAccumulator, FloatSilent): accumulating,
}
"""Integration and emission to the NIR unit that does the same."""
