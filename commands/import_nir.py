"""`quantal import`: a NIR file as a float graph at a time step."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click
import numpy as np

from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, table, told
from quantal.neuro.compile.calibrate import calibrated
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.network.graph_files import save_graph
from quantal.neuro.nir import read_nir, to_graph


def import_nir(
    source: Path, dt_ms: float | None, input_bound: float, samples: Path | None, steps: int, out: Path
) -> dict[str, Any]:
    """Read, check and convert a NIR file; write the graph and tell what is in it."""
    if dt_ms is None:
        raise QuantalError(
            "a NIR file says nothing of its time step",
            where=str(source),
            expected="--dt-ms, the time step that the model was trained with",
        )
    nir_graph = read_nir(source)
    graph = to_graph(nir_graph, dt_ms / 1000, input_bound, str(nir_graph.metadata.get("name", source.stem)))
    if samples is not None:
        raw = load_raw(samples, graph)
        graph = calibrated(graph, raw, min(steps, len(raw)) if raw.ndim == 3 else steps)
    save_graph(graph, out)
    return {"file": source, "nir_version": nir_graph.version, "dt_ms": dt_ms, **described(graph), "out": out}


def load_raw(path: Path, graph: Graph) -> np.ndarray:
    """Samples as they are, `(samples, features)` for all steps or `(steps, samples, features)`."""
    try:
        value = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise QuantalError("no array of samples", where=str(path), expected="an .npy file", got=str(error)) from error
    features = math.prod(graph.sample_shape)
    if value.dtype.kind not in "biuf" or value.ndim not in (2, 3) or value.shape[-1] != features or not value.size:
        raise QuantalError(
            "wrong shape or type",
            where=str(path),
            expected=f"numbers (samples, {features}) or (steps, samples, {features})",
            got=f"{value.dtype} {value.shape}",
        )
    return value.astype(np.float64)


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
    largest = max(-population.integration.lowest, population.integration.highest)
    return {"name": population.name, "units": population.size, **kinds, "range": float(f"{largest:.4g}")}


def projection_row(projection: FloatProjection) -> dict[str, Any]:
    """One projection."""
    keys = ("name", "source", "target", "delay_steps")
    return {**{key: getattr(projection, key) for key in keys}, "shape": tuple(projection.weight.shape or ())}


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a graph."""
    rows = [[*row.values()] for row in result["populations"]]
    tables = [table(result["name"], ["population", "units", "integration", "emission", "range"], rows)]
    rows = [[told(value) for value in row.values()] for row in result["projections"]]
    if rows:
        tables.append(table("projections", ["name", "source", "target", "delay", "shape"], rows))
    return [*tables, f"written: {result['out']}"]


@command_of
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dt-ms", type=float, help="Time step in milliseconds that the model was trained with; a file has none.")
@click.option("--input-bound", default=1.0, show_default=True, help="Largest size of an external input; 1 for spikes.")
@click.option(
    "--calibrate", "samples", type=click.Path(path_type=Path), help="Samples (.npy) that narrow the ranges of states."
)
@click.option("--steps", default=100, show_default=True, help="Steps of the run on those samples, at most theirs.")
@click.option("--out", "-o", default=Path("graph.safetensors"), show_default=True, type=click.Path(path_type=Path))
def command(
    screen: Screen, file: Path, dt_ms: float | None, input_bound: float, samples: Path | None, steps: int, out: Path
) -> None:
    """Read the NIR FILE as a graph, which `quantal compile` takes."""
    result = import_nir(file, dt_ms, input_bound, samples, steps, out)
    screen.result(result, *readable(result))
