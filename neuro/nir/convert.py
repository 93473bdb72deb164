"""Convert NIR files to graph files and back."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from quantal.neuro.compile.calibrate import calibrated
from quantal.neuro.compile.importing.time_constants import NOTES
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.network.graph_files import load_graph, save_graph
from quantal.neuro.nir import from_graph, read_nir, to_graph, write_nir
from quantal.neuro.synapses.delays import shown_delays


def import_nir(
    source: Path, dt_ms: float | None, input_bound: float, samples: Path | None, steps: int, out: Path
) -> dict[str, Any]:
    """Read, check and convert a NIR file, write the graph, and describe it."""
    if dt_ms is None:
        raise QuantalError(
            "a NIR file doesn't state its time step",
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
    """Raw samples, `(samples, features)` for all steps or `(steps, samples, features)`."""
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
        "notes": graph.provenance.get(NOTES, "").splitlines(),
    }


def population_row(population: FloatPopulation) -> dict[str, Any]:
    """One population."""
    kinds = {part: type(getattr(population, part)).__name__ for part in ("integration", "emission")}
    largest = max(-population.integration.lowest, population.integration.highest)
    return {"name": population.name, "units": population.size, **kinds, "range": float(f"{largest:.4g}")}


def projection_row(projection: FloatProjection) -> dict[str, Any]:
    """One projection."""
    keys = ("name", "source", "target")
    delays = shown_delays(projection.delay_steps)
    return {
        **{key: getattr(projection, key) for key in keys},
        "delay_steps": delays,
        "shape": tuple(projection.weight.shape or ()),
    }


def export_nir(source: Path, dt_ms: float | None, in_metadata: tuple[str, ...], out: Path) -> dict[str, Any]:
    """Convert a graph file to a NIR file, and count its nodes by kind."""
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
            "the graph doesn't state its time step",
            where=str(source),
            expected="--dt-ms, the length of a time step",
        ) from None
