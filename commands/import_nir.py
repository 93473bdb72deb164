"""`quantal import`: a NIR file as a float graph with a time step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, in_words, table
from quantal.commands.lazy import import_nir


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a graph."""
    rows = [[*row.values()] for row in result["populations"]]
    tables = [table(result["name"], ["population", "units", "integration", "emission", "range"], rows)]
    rows = [[in_words(value) for value in row.values()] for row in result["projections"]]
    if rows:
        tables.append(table("projections", ["name", "source", "target", "delay", "shape"], rows))
    return [*tables, *result["notes"], f"written: {result['out']}"]


@command_of
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--dt-ms",
    type=float,
    help="Time step in milliseconds that the model was trained with; a NIR file does not hold it.",
)
@click.option(
    "--input-bound", default=1.0, show_default=True, help="Largest magnitude of an external input; 1 for spikes."
)
@click.option(
    "--calibrate",
    "samples",
    type=click.Path(path_type=Path),
    help="Samples (.npy) by which the ranges of states are narrowed.",
)
@click.option(
    "--steps", default=100, show_default=True, help="Steps to run on these samples, at most as many as they have."
)
@click.option("--out", "-o", default=Path("graph.safetensors"), show_default=True, type=click.Path(path_type=Path))
def command(
    screen: Screen, file: Path, dt_ms: float | None, input_bound: float, samples: Path | None, steps: int, out: Path
) -> None:
    """Read the NIR FILE as a graph, which `quantal compile` can compile."""
    result = import_nir(file, dt_ms, input_bound, samples, steps, out)
    screen.result(result, *readable(result))
