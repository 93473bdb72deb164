"""`quantal compile`: a trained model as an integer network, pass by pass."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, plain, table
from quantal.commands.lazy import graph_in, what_is_compiled
from quantal.neuro.circuits import CIRCUITS
from quantal.neuro.compile import PASSES, Options, Report, stages
from quantal.neuro.dialects import DIALECTS
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import content_hash, save_network
from quantal.neuro.network.graph import Graph
from quantal.neuro.network.graph_files import save_graph
from quantal.neuro.network.text import text


def compile_graph(
    graph: Graph, circuit: str, options: Options, last: str, printed: tuple[str, ...], out: Path
) -> dict[str, Any]:
    """Run the passes up to one, write the graph or network that there is by then, and keep the text of some stages."""
    report, texts = Report(), dict[str, str]()
    made: Graph | CountNetwork = graph
    for stage in stages(graph, options, report):
        made = stage.made
        if stage.pass_name in printed:
            texts[stage.pass_name] = text(made)
        if stage.pass_name == last:
            break
    return {
        "circuit": circuit,
        "options": asdict(options),
        "stopped_after": last,
        "notes": report.notes,
        "printed": texts,
        "network": save(made, out),
        "out": out,
    }


def save(made: Graph | CountNetwork, out: Path) -> str | None:
    """Write a graph or a network, and return the content hash of the latter."""
    if isinstance(made, CountNetwork):
        save_network(made, out)
        return content_hash(made)
    save_graph(made, out)
    return None


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    rows = [[note.pass_name, note.subject, note.text] for note in result["notes"]]
    noun = "network" if result["network"] else f"graph, after {result['stopped_after']}"
    texts = [plain(f"after {name}:\n{made}") for name, made in result["printed"].items()]
    return [
        table(
            f"What each pass did ({result['circuit']}, {result['options']['dialect']})", ["pass", "of", "what"], rows
        ),
        *texts,
        f"written: {result['out']} ({noun})",
    ]


@command_of
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--circuit", default="lateral-competition", show_default=True, type=click.Choice([*CIRCUITS]))
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
@click.option(
    "--print-after",
    "printed",
    multiple=True,
    type=click.Choice([*PASSES]),
    help="Print the graph or network as it is after this pass.",
)
@click.option("--out", default=Path("network.safetensors"), show_default=True, type=click.Path(path_type=Path))
def command(
    screen: Screen, model: Path, circuit: str, last: str, printed: tuple[str, ...], out: Path, **chosen: Any
) -> None:
    """Make the trained MODEL, or a graph, an integer network, and say what each pass did."""
    options = Options(**chosen)
    if out.is_dir():
        raise QuantalError("is a folder", where=str(out), expected="the name of a file")
    result = compile_graph(graph_in(model, circuit), what_is_compiled(model, circuit), options, last, printed, out)
    screen.result(result, *readable(result))
