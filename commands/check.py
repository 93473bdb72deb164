"""`quantal check`: one network on several backends, compared integer by integer."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from quantal.commands.cli import USER_ERROR
from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, table
from quantal.commands.lazy import named_graph
from quantal.commands.report import certificate
from quantal.commands.sample_options import sample_options
from quantal.hardware.backends import BACKENDS
from quantal.hardware.check import check_network, named_backends, runnable_backends
from quantal.neuro.compare.certificate import certify
from quantal.neuro.compare.traces import Difference
from quantal.neuro.network.files import load_network
from quantal.neuro.simulate.drive import batch_size, changing_steps
from quantal.training.data.network_samples import SampleChoice, drive_for, samples_for

STEPS = 200
"""Number of steps of samples that don't change."""


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    rows = [[row["backend"], row["population"], row["values"], row["equal"]] for row in result["populations"]]
    title = f"Against the reference, {result['samples']} samples, {result['steps']} steps ({result['source']})"
    parts: list[Any] = [table(title, ["backend", "population", "integers compared", "equal"], rows)]
    parts += [first_difference(row["backend"], row["difference"]) for row in result["populations"] if row["difference"]]
    parts += [f"{name} skipped: {reason}" for name, reason in result["skipped"].items()]
    return parts + (certificate.readable(result["against"]) if result["against"] else [])


def first_difference(name: str, difference: Difference) -> str:
    """The first value at which a population differs, and the unit's input at that step."""
    noun = "connection" if difference.variable == "tag" else "unit"
    place = f"step {difference.step}, sample {difference.sample}, {noun} {difference.unit}"
    first = f"{name} first differs in {difference.population}.{difference.variable} at {place}: "
    return "\n  ".join([f"{first}expected {difference.expected}, got {difference.got}", *difference.inputs])


@command_of
@click.argument("network", type=click.Path(path_type=Path))
@sample_options(8)
@click.option(
    "--backends", help=f"Names, separated by commas, of {', '.join(BACKENDS)}; by default all that are installed."
)
@click.option("--against", "model", type=click.Path(path_type=Path), help="The model that NETWORK was compiled from.")
@click.option(
    "--steps",
    "asked",
    type=click.IntRange(1, 10**6),
    show_default=f"as many as samples that change have, else {STEPS}",
)
def command(
    screen: Screen, network: Path, choice: SampleChoice, backends: str | None, model: Path | None, asked: int | None
) -> int:
    """Run NETWORK on several backends with the same input, and compare every integer of every state and message.

    With --against, also compare its spikes with those of the float model, and name the arithmetic that caused the first
    difference in each layer. Exits with 0 if all backends are equal to the reference, otherwise with 2.
    """
    loaded = load_network(network)
    named = None if backends is None else named_backends(backends)
    chosen = drive_for(loaded, choice)
    steps = asked or changing_steps(chosen.drive) or STEPS
    names, skipped = (named, {}) if named else runnable_backends(loaded, chosen.drive)
    result = check_network(loaded, chosen.drive, steps, names, screen.part)
    result |= {"samples": batch_size(chosen.drive), "source": chosen.source, "skipped": skipped}
    result["against"] = None
    if model:
        _, graph = named_graph(model)
        found = certify(graph, loaded, samples_for(loaded, choice).samples, steps)
        result["against"] = {"model": model, **asdict(found)}
    screen.result(result, *readable(result))
    return 0 if all(result["equal"].values()) else USER_ERROR
