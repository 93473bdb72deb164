"""`quantal check`: one network on several backends, compared integer by integer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from commands import against
from commands.backends import BACKENDS, backend, listed, missing
from commands.console import Part, Screen, silent_part, table
from commands.line import MENDABLE
from commands.line import command as command_of
from commands.samples import drive_for, samples_for
from neuro.coding import Drive, batch_size
from neuro.compare import Agreement, Difference, compare
from neuro.errors import QuantalError
from neuro.files import content_hash, load_network
from neuro.network import CountNetwork
from neuro.trace import Trace


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


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    rows = [[row["backend"], row["population"], row["values"], row["equal"]] for row in result["populations"]]
    title = f"Against the reference, {result['samples']} samples, {result['steps']} steps ({result['source']})"
    parts: list[Any] = [table(title, ["backend", "population", "integers compared", "equal"], rows)]
    parts += [told(row["backend"], row["difference"]) for row in result["populations"] if row["difference"]]
    parts += [f"{name} skipped: not installed" for name in result["skipped"]]
    return parts + (against.readable(result["against"]) if result["against"] else [])


def told(name: str, difference: Difference) -> str:
    """The first place where a population differs, and what went into it."""
    place = f"step {difference.step}, sample {difference.sample}, unit {difference.unit}"
    head = f"{name} differs first in {difference.population}.{difference.variable} at {place}: "
    return "\n  ".join([f"{head}expected {difference.expected}, got {difference.got}", *difference.inputs])


@command_of
@click.argument("network", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="Samples: .npy, .npz or a folder of pictures.")
@click.option("--backends", help=f"Names with commas, of {', '.join(BACKENDS)}; by default all that are installed.")
@click.option("--against", "model", type=click.Path(path_type=Path), help="The model that NETWORK was made of.")
@click.option("--steps", default=200, show_default=True, type=click.IntRange(1, 10**6))
@click.option("--samples", default=8, show_default=True, type=click.IntRange(1, 10**5))
def command(
    screen: Screen, network: Path, data: Path | None, backends: str | None, model: Path | None, steps: int, samples: int
) -> int:
    """Run NETWORK on several backends on the same input, and compare every integer of every state and message.

    With --against, also compare its spikes with those of the float model, and name the arithmetic that made each layer
    part first. Exits with 0 if all backends are equal to the reference, with 2 if not.
    """
    loaded = load_network(network)
    names, skipped = chosen_backends(backends)
    chosen = drive_for(loaded, data, samples)
    result = check_network(loaded, chosen.drive, steps, names, screen.part)
    result |= {"samples": batch_size(chosen.drive), "source": chosen.source, "skipped": skipped}
    result["against"] = against.against(loaded, model, samples_for(loaded, data, samples), steps) if model else None
    screen.result(result, *readable(result))
    return 0 if all(result["equal"].values()) else MENDABLE
