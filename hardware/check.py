"""One network on several backends, compared integer by integer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quantal.hardware.backends import BACKENDS, backend, listed, missing
from quantal.neuro.compare.traces import Agreement, compare
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import content_hash
from quantal.neuro.network.trace import Trace
from quantal.neuro.simulate.drive import Drive
from quantal.neuro.simulate.progress import Part, silent_part


@dataclass(frozen=True, eq=False)
class Ran:
    """A trace and the seconds that it took."""

    trace: Trace
    seconds: float


def run_all(
    network: CountNetwork, drive: Drive, steps: int, names: Sequence[str], part: Part = silent_part
) -> dict[str, Ran]:
    """Everything that each backend's network does, the reference first."""
    return {name: run_one(network, drive, steps, name, part) for name in ("reference", *names)}


def run_one(network: CountNetwork, drive: Drive, steps: int, name: str, part: Part) -> Ran:
    """Every state and message on one backend."""
    run = backend(name)
    with part(name):
        begin = time.perf_counter()
        trace = run(network, drive, steps)
        return Ran(trace, time.perf_counter() - begin)


def agreements(network: CountNetwork, drive: Drive, ran: dict[str, Ran]) -> dict[str, list[Agreement]]:
    """For each backend but the reference, whether each population is the same."""
    expected = ran["reference"].trace
    return {name: compare(network, drive, expected, one.trace) for name, one in ran.items() if name != "reference"}


def check_network(
    network: CountNetwork, drive: Drive, steps: int, names: Sequence[str], part: Part = silent_part
) -> dict[str, Any]:
    """Run a network on the named backends and compare them with the reference."""
    ran = run_all(network, drive, steps, names, part)
    found = agreements(network, drive, ran)
    return {
        "network": content_hash(network),
        "steps": steps,
        "equal": {name: all(one.equal for one in populations) for name, populations in found.items()},
        "seconds": {name: one.seconds for name, one in ran.items()},
        "populations": [as_row(name, one) for name, populations in found.items() for one in populations],
    }


def as_row(name: str, agreement: Agreement) -> dict[str, Any]:
    """One population on one backend."""
    return {
        "backend": name,
        "population": agreement.population,
        "values": agreement.values,
        "equal": agreement.equal,
        "difference": agreement.difference,
    }


def chosen_backends(names: str | None) -> tuple[list[str], list[str]]:
    """Backends to compare with the reference, and those left out because nobody named them and they are missing."""
    others = [name for name in BACKENDS if name != "reference"]
    if names is None:
        return [name for name in others if not missing(name)], [name for name in others if missing(name)]
    named = [name for name in listed(names) if name != "reference"]
    if not named:
        raise QuantalError("nothing to compare with the reference", expected=f"some of {', '.join(others)}", got=names)
    for name in named:
        backend(name)
    return named, []
