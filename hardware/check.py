"""Run one network on several backends, and compare them integer by integer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quantal.hardware.backends import BACKENDS, backend, backend_names, is_missing
from quantal.neuro.compare.traces import Agreement, compare, recording_to_compare
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import content_hash
from quantal.neuro.network.trace import Trace
from quantal.neuro.simulate.drive import Drive
from quantal.neuro.simulate.progress import Part, silent_part


@dataclass(frozen=True, eq=False)
class TimedTrace:
    """A trace, and how long the run took."""

    trace: Trace
    seconds: float


def run_all(
    network: CountNetwork, drive: Drive, steps: int, names: Sequence[str], part: Part = silent_part
) -> dict[str, TimedTrace]:
    """Trace a network on the reference and each named backend; if one of them refuses it, none runs."""
    for name in names:
        for refusal in backend(name).refusals(network, drive):
            raise refusal
    return {name: run_one(network, drive, steps, name, part) for name in ("reference", *names)}


def run_one(network: CountNetwork, drive: Drive, steps: int, name: str, part: Part) -> TimedTrace:
    """Trace a network on one backend."""
    chosen = backend(name)
    with part(name):
        start = time.perf_counter()
        trace = chosen.run(network, drive, steps, recording_to_compare(network, steps))
        return TimedTrace(trace, time.perf_counter() - start)


def agreements(network: CountNetwork, drive: Drive, runs: dict[str, TimedTrace]) -> dict[str, list[Agreement]]:
    """For each backend but the reference, whether each population agrees with it."""
    expected = runs["reference"].trace
    return {name: compare(network, drive, expected, run.trace) for name, run in runs.items() if name != "reference"}


def check_network(
    network: CountNetwork, drive: Drive, steps: int, names: Sequence[str], part: Part = silent_part
) -> dict[str, Any]:
    """Run a network on the named backends and compare them with the reference."""
    runs = run_all(network, drive, steps, names, part)
    by_backend = agreements(network, drive, runs)
    return {
        "network": content_hash(network),
        "steps": steps,
        "equal": {name: all(each.equal for each in found) for name, found in by_backend.items()},
        "seconds": {name: run.seconds for name, run in runs.items()},
        "populations": [agreement_row(name, each) for name, found in by_backend.items() for each in found],
    }


def agreement_row(name: str, agreement: Agreement) -> dict[str, Any]:
    """Whether one population agrees on one backend."""
    return {
        "backend": name,
        "population": agreement.population,
        "values": agreement.values,
        "equal": agreement.equal,
        "difference": agreement.difference,
    }


def named_backends(names: str) -> list[str]:
    """The backends in a text, separated by commas, to compare with the reference; one not installed is an error."""
    named = [name for name in backend_names(names) if name != "reference"]
    if not named:
        raise QuantalError(
            "nothing to compare with the reference", expected=f"some of {', '.join(compared_backends())}", got=names
        )
    for name in named:
        backend(name)
    return named


def runnable_backends(network: CountNetwork, drive: Drive) -> tuple[list[str], dict[str, str]]:
    """The backends that can run a network here, and why each of the others is skipped; the reference is neither."""
    reasons = {name: reason_to_skip(name, network, drive) for name in compared_backends()}
    runnable = [name for name, reason in reasons.items() if not reason]
    return runnable, {name: reason for name, reason in reasons.items() if reason}


def compared_backends() -> list[str]:
    """All backends but the reference, with which they are compared."""
    return [name for name in BACKENDS if name != "reference"]


def reason_to_skip(name: str, network: CountNetwork, drive: Drive) -> str:
    """Why a backend can't run a network here; empty if it can."""
    if is_missing(name):
        return "not installed"
    refusals = backend(name).refusals(network, drive)
    return f"{refusals[0].where}: {refusals[0].what}" if refusals else ""
