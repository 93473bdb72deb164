"""The graph in a file, or of the trained model in a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from quantal.neuro.circuits import CIRCUITS, circuits_for
from quantal.neuro.errors import QuantalError
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


def wired(path: Path, circuit: str | None) -> tuple[str, Graph]:
    """The parameters in a checkpoint, wired as a circuit: its name and the graph."""
    parameters = load_parameters(path)
    name = circuit or first_circuit(path, type(parameters))
    return name, replace(CIRCUITS[name].build(parameters), provenance={"model": path.name})


def first_circuit(path: Path, parameters: type) -> str:
    """The circuit for parameters of this type that was registered first."""
    names = [*circuits_for(parameters)]
    if not names:
        raise QuantalError(
            "no circuit is built from this model",
            where=str(path),
            expected=f"a circuit for {parameters.__name__}",
            hint="register one with register_circuit",
        )
    return names[0]


def classifier_of(path: Path, circuit: str | None) -> tuple[str, Graph]:
    """The layers of a spiking classifier."""
    graph = graph_of(load_classifier(path))
    return "classifier", replace(graph, provenance={**graph.provenance, "model": path.name})


GRAPHS: dict[str, Callable[[Path, str | None], tuple[str, Graph]]] = {
    "checkpoint": wired,
    "classifier": classifier_of,
    "graph": lambda path, circuit: ("graph", load_graph(path)),
}
"""What a file may hold, to its name in a report and its graph."""


def named_graph(path: Path, circuit: str | None = None) -> tuple[str, Graph]:
    """What a file holds, with the graph that is compiled from it.

    The name is that of the circuit for a model that is wired as one (by default the first for its kind of parameters),
    else `classifier` or `graph`. Any other file is refused as if it were a model.
    """
    return GRAPHS.get(noun_of(path), wired)(path, circuit)
