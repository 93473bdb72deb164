"""The graph in a file, or of the trained model in a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from quantal.neuro.circuits import CIRCUITS
from quantal.neuro.network.files import damaged, noun_of, read
from quantal.neuro.network.graph import Graph
from quantal.neuro.network.graph_files import load_graph
from quantal.training.learn.classifier import load_classifier
from quantal.training.learn.deployment import graph_of
from quantal.training.recipes.registry import RECIPES


def load_parameters(path: Path) -> Any:
    """The numbers of the trained model in a file."""
    body, _ = read(path, "checkpoint")
    try:
        recipe = RECIPES[body["recipe"]]
    except (KeyError, TypeError) as error:
        raise damaged(path, f"{type(error).__name__}: {error}") from error
    return recipe.to_parameters(recipe.load_model(path))


def circuit_of(path: Path, circuit: str) -> Graph:
    """The circuit of a sparse code."""
    return replace(CIRCUITS[circuit].build(load_parameters(path)), provenance={"model": path.name})


def classifier_of(path: Path, circuit: str) -> Graph:
    """The layers of a spiking classifier."""
    graph = graph_of(load_classifier(path))
    return replace(graph, provenance={**graph.provenance, "model": path.name})


GRAPHS: dict[str, Callable[[Path, str], Graph]] = {
    "checkpoint": circuit_of,
    "classifier": classifier_of,
    "graph": lambda path, circuit: load_graph(path),
}
"""What a file may hold, and how a graph is made of it."""


def graph_in(path: Path, circuit: str) -> Graph:
    """The graph in a file, or of the model in it; any other file is refused as if it were a model."""
    return GRAPHS.get(noun_of(path), circuit_of)(path, circuit)


def what_is_compiled(path: Path, circuit: str) -> str:
    """What is compiled, in a word: the circuit of a sparse code, else what the file holds."""
    noun = noun_of(path)
    return circuit if GRAPHS.get(noun, circuit_of) is circuit_of else noun
