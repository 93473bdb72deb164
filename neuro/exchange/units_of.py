"""Populations as NIR's units: the parameters that forward Euler over one step takes back to the population's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from neuro.errors import QuantalError
from neuro.graph import FloatPopulation
from neuro.kinds import FloatAccumulator, FloatCuba, FloatGraded, FloatSilent, FloatSpike
from neuro.kinds.kind import Floats


@dataclass(frozen=True)
class Unit:
    """A node, and what has to arrive there at every step besides."""

    kind: str
    parameters: Mapping[str, Floats]
    constant: Floats
    metadata: Mapping[str, Floats]


def unit_of(population: FloatPopulation, dt_s: float) -> Unit:
    """The node of a population."""
    where = f"population {population.name}"
    pair = (type(population.integration), type(population.emission))
    if pair not in UNITS:
        known = ", ".join(f"{one.__name__} + {other.__name__}" for one, other in UNITS)
        raise QuantalError(
            "NIR has no such unit", where=where, expected=known, got=f"{pair[0].__name__} + {pair[1].__name__}"
        )
    for lost in losses(population):
        raise QuantalError(f"NIR can't say {lost}", where=where)
    return UNITS[pair](population, dt_s)


def losses(population: FloatPopulation) -> Iterator[str]:
    """What a population holds that no NIR unit has."""
    emission = population.emission
    if getattr(emission, "refractory_steps", 0):
        yield f"that units are refractory for {getattr(emission, 'refractory_steps', 0)} steps"
    if getattr(emission, "reset", "zero") != "zero":
        yield f"that the reset is by {getattr(emission, 'reset', '')!r}"
    if getattr(emission, "dead_zone", 0.0):
        yield f"the dead zone of {getattr(emission, 'dead_zone', 0.0):g}"
    if population.lsb is not None or population.message_unit is not None:
        yield "what 1 in an integer state or message stands for"
    for name in emission.states:
        if start_of(population, name).any():
            yield f"that {name} starts elsewhere than at 0"


def spiking(population: FloatPopulation, dt_s: float) -> Unit:
    """IF, LIF or CubaLIF. NIR's v starts at 0, so one that starts elsewhere is moved, with its reset."""
    unit = cuba_unit(population, dt_s)
    emission, reset = population.emission, -start_of(population, "v")
    assert isinstance(emission, FloatSpike)
    moved = {"v_leak": unit.parameters["v_leak"] + reset} if "v_leak" in unit.parameters else {}
    threshold = {"v_threshold": emission.threshold + reset, "v_reset": reset}
    kind = {"I": "IF", "LI": "LIF", "CubaLI": "CubaLIF"}[unit.kind]
    return Unit(kind, {**unit.parameters, **moved, **threshold}, unit.constant, unit.metadata)


def graded(population: FloatPopulation, dt_s: float) -> Unit:
    """I, LI or CubaLI of a two-state integration."""
    refuse_start(population, "v")
    return cuba_unit(population, dt_s)


def cuba_unit(population: FloatPopulation, dt_s: float) -> Unit:
    """The node without its threshold."""
    cuba = population.integration
    assert isinstance(cuba, FloatCuba)
    if (cuba.decay_u == 1).all():
        return without_current(population, dt_s, cuba.decay_v, cuba.bias)
    where = f"population {population.name}"
    tau_syn, tau_mem = tau(dt_s, cuba.decay_u, where, "decay_u"), tau(dt_s, cuba.decay_v, where, "decay_v")
    # A current that starts at u is one that starts at 0 in units moved by u, with a constant input that keeps it there.
    first = np.where(cuba.decay_u < 1, start_of(population, "u"), 0.0)
    parameters = {
        "tau_syn": tau_syn,
        "tau_mem": tau_mem,
        "r": 1 / cuba.decay_v,
        "v_leak": (cuba.bias + first) / cuba.decay_v,
        "w_in": 1 / cuba.decay_u,
    }
    return Unit("CubaLI", parameters, -first * cuba.decay_u, range_of(population))


def accumulating(population: FloatPopulation, dt_s: float) -> Unit:
    """I or LI of a one-state integration."""
    refuse_start(population, "u")
    integration = population.integration
    assert isinstance(integration, FloatAccumulator)
    return without_current(population, dt_s, np.full(population.size, integration.decay), integration.bias)


def without_current(population: FloatPopulation, dt_s: float, decay: Floats, bias: Floats) -> Unit:
    """I where nothing leaks, else LI."""
    if not decay.any():
        return Unit("I", {"r": np.full(decay.size, 1 / dt_s)}, bias, range_of(population))
    tau_s = tau(dt_s, decay, f"population {population.name}", "decay")
    parameters = {"tau": tau_s, "r": 1 / decay, "v_leak": bias / decay}
    return Unit("LI", parameters, np.zeros(decay.size), range_of(population))


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


def start_of(population: FloatPopulation, name: str) -> Floats:
    """A state before the first step, `(units,)`."""
    return np.asarray(population.initial.get(name, np.zeros(population.size)), np.float64)


def refuse_start(population: FloatPopulation, name: str) -> None:
    """Refuse a state that starts elsewhere than NIR's."""
    if start_of(population, name).any():
        raise QuantalError(
            f"NIR can't say that {name} starts elsewhere than at 0", where=f"population {population.name}"
        )


def range_of(population: FloatPopulation) -> dict[str, Floats]:
    """Ends of the range of states, for which NIR has no parameter."""
    integration = population.integration
    return {name: np.asarray(getattr(integration, name), np.float64) for name in ("lowest", "highest")}


UNITS: dict[tuple[type, type], Callable[[FloatPopulation, float], Unit]] = {
    (FloatCuba, FloatSpike): spiking,
    (FloatCuba, FloatGraded): graded,
    (FloatCuba, FloatSilent): graded,
    (FloatAccumulator, FloatGraded): accumulating,
    (FloatAccumulator, FloatSilent): accumulating,
}
"""Integration and emission to the NIR unit that does the same."""
