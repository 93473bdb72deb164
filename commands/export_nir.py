"""`quantal export`: a float graph as a NIR file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, table
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import Graph
from quantal.neuro.network.graph_files import load_graph
from quantal.neuro.nir import from_graph, write_nir
from quantal.neuro.nir.write.metadata import BEYOND_NIR


def export_nir(source: Path, dt_ms: float | None, in_metadata: tuple[str, ...], out: Path) -> dict[str, Any]:
    """Write the graph of a file as NIR, and tell how many nodes of each kind that took."""
    graph = load_graph(source)
    nir_graph = from_graph(graph, step_s(graph, source) if dt_ms is None else dt_ms / 1000, in_metadata)
    write_nir(nir_graph, out)
    nodes = Counter(getattr(node, "kind", "NIRGraph") for node in nir_graph.nodes.values())
    return {"file": source, "nodes": dict(sorted(nodes.items())), "edges": len(nir_graph.edges), "out": out}


def step_s(graph: Graph, source: Path) -> float:
    """The time step that a graph was imported with."""
    try:
        return float(graph.provenance["dt_s"])
    except (KeyError, ValueError):
        raise QuantalError(
            "the graph says nothing of its time step",
            where=str(source),
            expected="--dt-ms, how long a step shall last",
        ) from None


@command_of
@click.argument("graph", type=click.Path(path_type=Path))
@click.option("--dt-ms", type=float, help="How long a step is, in milliseconds; that of the import where left out.")
@click.option(
    "--in-metadata",
    multiple=True,
    type=click.Choice(BEYOND_NIR),
    help="Write this where only Quantal reads it; NIR has no words for it, and other tools run without.",
)
@click.option("--out", "-o", default=Path("graph.nir"), show_default=True, type=click.Path(path_type=Path))
def command(screen: Screen, graph: Path, dt_ms: float | None, in_metadata: tuple[str, ...], out: Path) -> None:
    """Write the GRAPH that a file holds as a NIR file."""
    result = export_nir(graph, dt_ms, in_metadata, out)
    rows = [[kind, count] for kind, count in result["nodes"].items()]
    screen.result(result, table("Nodes", ["kind", "count"], rows), f"written: {out}")
