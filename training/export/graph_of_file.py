"""The graph stored in a file, or made from the trained model in a file; only models need torch."""

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
from quantal.training.lazy import LazyFunction
from quantal.training.recipes.registry import RECIPES

load_classifier = LazyFunction("quantal.training.learn.classifier:load_classifier")
graph_of = LazyFunction("quantal.training.learn.deployment:graph_of")


def load_parameters(path: Path) -> Any:
    """The parameters of the trained model in a file."""
    body, _ = read(path, "checkpoint")
    try:
        recipe = RECIPES[body["recipe"]]
    except (KeyError, TypeError) as error:
        raise damaged(path, f"{type(error).__name__}: {error}") from error
    return recipe.to_parameters(recipe.load_model(path))


def graph_of_checkpoint(path: Path, circuit: str | None) -> tuple[str, Graph]:
    """The name of a circuit, and its graph built from the parameters in a checkpoint."""
    parameters = load_parameters(path)
    name = circuit or first_circuit(path, type(parameters))
    return name, replace(CIRCUITS[name].build(parameters), provenance={"model": path.name})


def first_circuit(path: Path, parameters: type) -> str:
    """The first registered circuit for parameters of this type."""
    names = [*circuits_for(parameters)]
    if not names:
        raise QuantalError(
            "no circuit can be built from this model",
            where=str(path),
            expected=f"a circuit for {parameters.__name__}",
            hint="register one with register_circuit",
        )
    return names[0]


def graph_of_classifier(path: Path, circuit: str | None) -> tuple[str, Graph]:
    """The name `classifier`, and the graph of the spiking classifier in a file."""
    model = load_classifier(path)
    graph = graph_of(model)
    coded = {"coding": model.coding, "steps": str(model.steps)}
    return "classifier", replace(graph, provenance={**graph.provenance, "model": path.name, **coded})


GRAPHS: dict[str, Callable[[Path, str | None], tuple[str, Graph]]] = {
    "checkpoint": graph_of_checkpoint,
    "classifier": graph_of_classifier,
    "graph": lambda path, circuit: ("graph", load_graph(path)),
}
"""Kind of file to the function that gives its name in a report and its graph."""


def named_graph(path: Path, circuit: str | None = None) -> tuple[str, Graph]:
    """The name of a file's contents in a report, and the graph to be compiled.

    The name is that of the circuit where a model is built as one (by default the first for its type of parameters),
    otherwise `classifier` or `graph`. Any other file is refused as if it were a model.
    """
    return GRAPHS.get(noun_of(path), graph_of_checkpoint)(path, circuit)
