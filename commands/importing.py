"""`quantal import`: a NIR file as a float graph at a time step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from commands.console import Screen, table
from commands.line import command as command_of
from commands.show import told
from neuro.errors import QuantalError
from neuro.exchange import read_nir, to_graph
from neuro.graph import FloatPopulation, FloatProjection, Graph
from neuro.graph_files import save_graph


def import_nir(source: Path, dt_ms: float | None, input_bound: float, out: Path) -> dict[str, Any]:
    """Read, check and convert a NIR file; write the graph and tell what is in it."""
    if dt_ms is None:
        raise QuantalError(
            "a NIR file says nothing of its time step",
            where=str(source),
            expected="--dt-ms, the time step that the model was trained with",
        )
    nir_graph = read_nir(source)
    graph = to_graph(nir_graph, dt_ms / 1000, input_bound, source.stem)
    save_graph(graph, out)
    return {"file": source, "nir_version": nir_graph.version, "dt_ms": dt_ms, **described(graph), "out": out}


def described(graph: Graph) -> dict[str, Any]:
    """Populations and projections of a graph."""
    return {
        "name": graph.name,
        "sample_shape": graph.sample_shape,
        "populations": [population_row(population) for population in graph.populations],
        "projections": [projection_row(projection) for projection in graph.projections],
        "inputs": [{"name": entry.name, "target": entry.target} for entry in graph.inputs],
        "readouts": [{"name": entry.name, "source": entry.source} for entry in graph.readouts],
    }


def population_row(population: FloatPopulation) -> dict[str, Any]:
    """One population."""
    kinds = {part: type(getattr(population, part)).__name__ for part in ("integration", "emission")}
    return {"name": population.name, "units": population.size, **kinds}


def projection_row(projection: FloatProjection) -> dict[str, Any]:
    """One projection."""
    keys = ("name", "source", "target", "delay_steps")
    return {**{key: getattr(projection, key) for key in keys}, "shape": tuple(projection.weight.shape or ())}


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a graph."""
    rows = [[*row.values()] for row in result["populations"]]
    tables = [table(result["name"], ["population", "units", "integration", "emission"], rows)]
    rows = [[told(value) for value in row.values()] for row in result["projections"]]
    if rows:
        tables.append(table("projections", ["name", "source", "target", "delay", "shape"], rows))
    return [*tables, f"written: {result['out']}"]


@command_of
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dt-ms", type=float, help="Time step in milliseconds that the model was trained with; a file has none.")
@click.option("--input-bound", default=1.0, show_default=True, help="Largest size of an external input; 1 for spikes.")
@click.option("--out", "-o", default=Path("graph.safetensors"), show_default=True, type=click.Path(path_type=Path))
def command(screen: Screen, file: Path, dt_ms: float | None, input_bound: float, out: Path) -> None:
    """Read the NIR FILE as a graph, which `quantal compile` takes."""
    result = import_nir(file, dt_ms, input_bound, out)
    screen.result(result, *readable(result))
