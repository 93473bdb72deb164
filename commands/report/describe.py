"""The contents of a file as one object: a network, a graph, a trace, a snapshot or a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from quantal.commands.console import Range
from quantal.commands.lazy import load_classifier_checkpoint, load_poisson_vae_checkpoint
from quantal.hardware.lava.process_selection import selected_processes
from quantal.neuro.errors import QuantalError
from quantal.neuro.network import files
from quantal.neuro.network.bounds import message_range, summed_range
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.network.graph_files import load_graph
from quantal.neuro.network.inputs import host_share
from quantal.neuro.network.text import text, value_text
from quantal.neuro.synapses.delays import shown_delays

NETWORK = "network"
"""Assumed of a file whose header can't be read; its reader then reports what is wrong."""


def show_network(path: Path) -> dict[str, Any]:
    """Populations, projections, inputs and read-outs of a network."""
    network = files.load_network(path)
    return {
        "noun": NETWORK,
        "name": network.name,
        "hash": files.content_hash(network),
        "seed": network.seed,
        "dialect": network.dialect,
        "sample_shape": network.sample_shape,
        "host_share": host_share(network),
        "provenance": network.provenance,
        "populations": [population_row(network, p) for p in network.populations],
        "projections": [projection_row(p) for p in network.projections],
        "learning": [learning_row(network, p) for p in network.projections if network.learner(p)],
        **sample_rows(network),
        "lava": lava_rows(network),
    }


def sample_rows(network: CountNetwork | Graph) -> dict[str, list[dict[str, Any]]]:
    """How samples enter, and how estimates are read out."""
    return {
        "inputs": [{"name": i.name, "target": i.target, "gain": i.gain.shape} for i in network.inputs],
        "readouts": [{"name": r.name, "source": r.source, "weight": r.weight.shape} for r in network.readouts],
    }


def kind_columns(population: Population | FloatPopulation) -> dict[str, Any]:
    """What every population has: its name, its size and its kinds."""
    return {
        "name": population.name,
        "units": population.size,
        "integration": type(population.integration).__name__,
        "emission": type(population.emission).__name__,
    }


def weight_columns(projection: Projection | FloatProjection) -> dict[str, Any]:
    """What every projection has: its name, its populations, and the kind and size of its weight."""
    return {
        "name": projection.name,
        "source": projection.source,
        "target": projection.target,
        "weight": type(projection.weight).__name__,
        "shape": projection.weight.shape,
    }


def population_row(network: CountNetwork, population: Population) -> dict[str, Any]:
    """One population."""
    low, high = summed_range(network, population)
    return {
        **kind_columns(population),
        "state": Range(population.integration.lowest, population.integration.highest),
        "message": Range(*message_range(population)),
        "sum": Range(int(low.min()), int(high.max())),
        "state_scale": population.state_scale,
        "message_scale": population.message_scale,
    }


def projection_row(projection: Projection) -> dict[str, Any]:
    """One projection."""
    values = projection.weight.values()
    return {
        **weight_columns(projection),
        "range": range_of(values),
        "nonzero": int(np.count_nonzero(values)),
        "exponent": projection.exponent,
        "delay_steps": shown_delays(projection.delay_steps),
    }


def learning_row(network: CountNetwork, projection: Projection) -> dict[str, Any]:
    """A projection whose weights change during a run: by which rule, or whose weights it shares."""
    learner = network.learner(projection)
    rule = learner[1] if learner else None
    largest = int(np.abs(rule.levels).max()) if rule else 0
    return {
        "name": projection.name,
        "rule": f"weights of {projection.shares}" if projection.shares else value_text(rule),
        "largest_weight": largest,
        "connections": projection.weight.values().size,
    }


def lava_rows(network: CountNetwork) -> list[dict[str, str]]:
    """The Lava process that runs each part for one sample with little input, and what other processes would need."""
    first = network.populations[0]
    selected = selected_processes(network, {first.name: np.zeros((1, first.size), np.int64)})
    return [
        {
            "part": part,
            "process": selection.process,
            "others need": "\n".join(f"{process}: {requirement.needs}" for process, requirement in selection.rejected),
        }
        for part, selection in selected.items()
    ]


def range_of(values: np.ndarray) -> Range:
    """Lowest and highest value, 0 where there are none."""
    return Range(int(values.min()), int(values.max())) if values.size else Range(0, 0)


def show_graph(path: Path) -> dict[str, Any]:
    """Populations, projections, inputs and read-outs of a graph."""
    graph = load_graph(path)
    return {
        "noun": "graph",
        "name": graph.name,
        "seed": graph.seed,
        "sample_shape": graph.sample_shape,
        "host_share": host_share(graph),
        "provenance": graph.provenance,
        "populations": [float_population_row(p) for p in graph.populations],
        "projections": [float_projection_row(p) for p in graph.projections],
        **sample_rows(graph),
    }


def float_population_row(population: FloatPopulation) -> dict[str, Any]:
    """One population of a graph; its scales are missing until it is compiled."""
    return {
        **kind_columns(population),
        "state_scale": population.state_scale,
        "message_scale": population.message_scale,
    }


def float_projection_row(projection: FloatProjection) -> dict[str, Any]:
    """One projection of a graph."""
    values = projection.weight.values()
    smallest, largest = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    return {
        **weight_columns(projection),
        "smallest": smallest,
        "largest": largest,
        "nonzero": int(np.count_nonzero(values)),
        "delay_steps": shown_delays(projection.delay_steps),
    }


def show_trace(path: Path) -> dict[str, Any]:
    """The recorded variables of a trace."""
    trace = files.load_trace(path)
    recorded = [variable_row(name, "message", value) for name, value in trace.messages.items()]
    recorded += [variable_row(name, key, v) for name, states in trace.states.items() for key, v in states.items()]
    recorded += [variable_row(name, "tag", value) for name, value in trace.weights.items()]
    keys = ("network", "backend", "first_step", "first_sample")
    return {"noun": "trace", **{key: getattr(trace, key) for key in keys}, "recorded": recorded}


def variable_row(population: str, variable: str, value: np.ndarray) -> dict[str, Any]:
    """One recorded variable."""
    return {
        "population": population,
        "variable": variable,
        "shape": value.shape,
        "range": range_of(value),
        "zeros": float((value == 0).mean()) if value.size else 0.0,
    }


def show_snapshot(path: Path) -> dict[str, Any]:
    """The step that a run resumes from."""
    snapshot = files.load_snapshot(path)
    rows = [variable_row(name, "sent", value) for name, value in snapshot.sent.items()]
    rows += [variable_row(name, key, v) for name, states in snapshot.states.items() for key, v in states.items()]
    rows += [variable_row(name, "tag", value) for name, value in snapshot.weights.items()]
    return {"noun": "snapshot", "step": snapshot.step, "recorded": rows}


def show_model(path: Path) -> dict[str, Any]:
    """How far a model has been trained, and its settings."""
    checkpoint = load_poisson_vae_checkpoint(path)
    keys = ("recipe", "update", "samples", "sample_shape", "samples_digest", "input_scale")
    values = {key: getattr(checkpoint, key) for key in keys}
    settings = {field.name: getattr(checkpoint.settings, field.name) for field in fields(checkpoint.settings)}
    return {"noun": "model", **values, "dictionary": tuple(checkpoint.dictionary.shape), "settings": settings}


def show_classifier(path: Path) -> dict[str, Any]:
    """How far a classifier has been trained, its weights, and its settings."""
    checkpoint = load_classifier_checkpoint(path)
    keys = ("recipe", "update", "samples", "sample_shape", "samples_digest")
    values = {key: getattr(checkpoint, key) for key in keys}
    weights = {name: tuple(weight.shape) for name, weight in checkpoint.weights.items()}
    return {"noun": "classifier", **values, "weights": weights, "settings": asdict(checkpoint.settings)}


@dataclass(frozen=True)
class Noun:
    """How the contents of a kind of file are described, and which picture shows them."""

    show: Callable[[Path], dict[str, Any]]
    picture: str


NOUNS = {
    NETWORK: Noun(show_network, "network"),
    "graph": Noun(show_graph, ""),
    "trace": Noun(show_trace, "trace"),
    "snapshot": Noun(show_snapshot, ""),
    "checkpoint": Noun(show_model, "model"),
    "classifier": Noun(show_classifier, ""),
}


def show(path: Path) -> tuple[dict[str, Any], Noun]:
    """The contents of a file, and its kind."""
    name = files.noun_of(path)
    if name not in NOUNS:
        raise QuantalError("another kind of file", where=str(path), expected=" or ".join(NOUNS), got=str(name))
    return {"file": path, **NOUNS[name].show(path)}, NOUNS[name]


TEXTS: dict[str, Callable[[Path], str]] = {
    NETWORK: lambda path: text(files.load_network(path)),
    "graph": lambda path: text(load_graph(path)),
}
"""Kinds of file that have a text form."""


def text_of(path: Path) -> str:
    """The text form of the network or graph in a file."""
    noun = files.noun_of(path)
    if noun not in TEXTS:
        raise QuantalError("has no text form", where=str(path), expected=" or ".join(TEXTS), got=noun)
    return TEXTS[noun](path)
