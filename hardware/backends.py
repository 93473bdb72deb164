"""What can run a network, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from quantal.neuro.errors import QuantalError, has, require
from quantal.neuro.network.trace import Trace
from quantal.neuro.registry import loaded

Backend = Callable[..., Trace]
"""`(network, drive, steps, recording, first_sample) -> Trace`, equal to `neuro.simulate.reference.run`."""


@dataclass(frozen=True)
class Place:
    """Where a backend's function is, and the package that it needs besides our own."""

    function: str
    package: str = "numpy"


BACKENDS = {
    "reference": Place("quantal.neuro.simulate.reference:run"),
    "engine": Place("quantal.neuro.engine:run", "numba"),
    "brian2": Place("quantal.neuro.brian.exact:run", "brian2"),
    "lava": Place("quantal.hardware.lava:run_process", "lava"),
    "lava-fused": Place("quantal.hardware.lava:run_fused", "lava"),
}
RESUMABLE = ("engine", "reference")
"""Backends that can go on from a snapshot."""


def backend(name: str) -> Backend:
    """The function of a backend, or an error that says what is missing."""
    place = known(name)
    require(place.package, f"backend {name}")
    return loaded(place.function)


def missing(name: str) -> bool:
    """Whether the package of a backend is not installed."""
    return not has(known(name).package)


def known(name: str) -> Place:
    """The place of a backend, or an error that lists their names."""
    if name not in BACKENDS:
        raise QuantalError("no such backend", expected=f"one of {', '.join(BACKENDS)}", got=name)
    return BACKENDS[name]


def listed(names: str) -> list[str]:
    """Names of backends from a text with commas, each checked."""
    chosen = [name.strip() for name in names.split(",") if name.strip()]
    for name in chosen:
        known(name)
    if not chosen:
        raise QuantalError("no backend named", expected=f"some of {', '.join(BACKENDS)}", got=repr(names))
    return chosen
