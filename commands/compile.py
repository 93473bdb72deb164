"""`quantal compile`: a trained model as an integer network, pass by pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from commands.console import Screen, table
from commands.later import graph_of, load_classifier, recipe_named
from commands.line import command as command_of
from commands.show import noun_of
from neuro.circuits.poisson_vae import LAYOUTS, PoissonVae
from neuro.compile import PASSES, Options, run_passes
from neuro.dialects import DIALECTS
from neuro.errors import QuantalError
from neuro.files import content_hash, damaged, read, save_network
from neuro.graph import Graph
from neuro.graph_files import load_graph


def load_parameters(path: Path) -> PoissonVae:
    """The numbers of the trained model in a file."""
    body, _ = read(path, "checkpoint")
    try:
        recipe = recipe_named(body["recipe"])
    except (KeyError, TypeError) as error:
        raise damaged(path, f"{type(error).__name__}: {error}") from error
    return recipe.to_parameters(recipe.load_model(path))


def circuit_of(path: Path, layout: str) -> Graph:
    """The circuit of a sparse code."""
    return replace(LAYOUTS[layout](load_parameters(path), 0), provenance={"model": path.name})


def classifier_of(path: Path, layout: str) -> Graph:
    """The layers of a spiking classifier."""
    graph = graph_of(load_classifier(path))
    return replace(graph, provenance={**graph.provenance, "model": path.name})


GRAPHS: dict[str, Callable[[Path, str], Graph]] = {
    "checkpoint": circuit_of,
    "classifier": classifier_of,
    "graph": lambda path, layout: load_graph(path),
}
"""What a file may hold, and how it becomes a graph."""


def graph_in(path: Path, layout: str) -> Graph:
    """The graph that a file holds or stands for; any other file is refused as a model."""
    return GRAPHS.get(noun_of(path), circuit_of)(path, layout)


def layout_of(path: Path, layout: str) -> str:
    """What is compiled, in a word: the layout of a circuit, or what the file holds."""
    noun = noun_of(path)
    return layout if GRAPHS.get(noun, circuit_of) is circuit_of else noun


def compile_graph(graph: Graph, layout: str, options: Options, last: str, out: Path) -> dict[str, Any]:
    """Run the passes up to one; write the network if there is one by then."""
    made, report = run_passes(graph, options, last)
    result = {"layout": layout, "options": asdict(options), "stopped_after": last, "notes": report.notes}
    if [*PASSES].index(last) < [*PASSES].index("lower"):
        return {**result, "network": None, "out": None}
    save_network(made, out)
    return {**result, "network": content_hash(made), "out": out}


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    rows = [[note.pass_name, note.subject, note.text] for note in result["notes"]]
    end = f"written: {result['out']}" if result["out"] else f"still in floating point after {result['stopped_after']}"
    return [
        table(f"What each pass did ({result['layout']}, {result['options']['dialect']})", ["pass", "of", "what"], rows),
        end,
    ]


@command_of
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--layout", default="lateral", show_default=True, type=click.Choice([*LAYOUTS]))
@click.option("--weight-bits", default=8, show_default=True, help="Bits of a weight with its sign, 4 to 8.")
@click.option("--weight-slices", default=1, show_default=True, help="Slices of a weight, 1 or 2.")
@click.option("--state-bits", default=24, show_default=True, help="Bits of a state with its sign, 10 to 24.")
@click.option("--message-bits", default=10, show_default=True, help="Bits of a graded message, 2 to 16.")
@click.option(
    "--dialect",
    default=next(iter(DIALECTS)),
    show_default=True,
    type=click.Choice([*DIALECTS]),
    help="Whose integer rules weights, delays and sums have to fit.",
)
@click.option("--stop-after", "last", default=[*PASSES][-1], show_default=True, type=click.Choice([*PASSES]))
@click.option("--out", default=Path("network.safetensors"), show_default=True, type=click.Path(path_type=Path))
def command(screen: Screen, model: Path, layout: str, last: str, out: Path, **chosen: Any) -> None:
    """Make the trained MODEL, or a graph, an integer network, and say what each pass did."""
    options = Options(**chosen)
    if out.is_dir():
        raise QuantalError("is a folder", where=str(out), expected="the name of a file")
    result = compile_graph(graph_in(model, layout), layout_of(model, layout), options, last, out)
    screen.result(result, *readable(result))
