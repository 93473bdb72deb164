"""`quantal export`: a float graph as a NIR file."""

from __future__ import annotations

from pathlib import Path

import click

from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, table
from quantal.commands.lazy import export_nir
from quantal.neuro.nir.metadata import BEYOND_NIR


@command_of
@click.argument("graph", type=click.Path(path_type=Path))
@click.option("--dt-ms", type=float, help="Time step in milliseconds; by default the one given to `quantal import`.")
@click.option(
    "--in-metadata",
    multiple=True,
    type=click.Choice(BEYOND_NIR),
    help="Write what NIR can't express into metadata, which only Quantal reads and other tools ignore.",
)
@click.option("--out", "-o", default=Path("graph.nir"), show_default=True, type=click.Path(path_type=Path))
def command(screen: Screen, graph: Path, dt_ms: float | None, in_metadata: tuple[str, ...], out: Path) -> None:
    """Write the graph in the file GRAPH as a NIR file."""
    result = export_nir(graph, dt_ms, in_metadata, out)
    rows = [[kind, count] for kind, count in result["nodes"].items()]
    screen.result(result, table("Nodes", ["kind", "count"], rows), f"written: {out}")
