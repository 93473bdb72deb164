"""`quantal compile`: a trained model as an integer network, pass by pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from quantal.commands.cli import Choice
from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, table
from quantal.commands.lazy import named_graph
from quantal.neuro.circuits import CIRCUITS
from quantal.neuro.compile import PASSES, Options
from quantal.neuro.compile.options import INPUTS
from quantal.neuro.compile.to_file import compile_to_file
from quantal.neuro.dialects import DIALECTS
from quantal.neuro.network.graph import SampleRange


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    rows = [[note.pass_name, note.subject, note.text] for note in result["notes"]]
    noun = "network" if result["network"] else f"graph, after {result['stopped_after']}"
    texts = [f"after {name}:\n{printed}".rstrip("\n") for name, printed in result["printed"].items()]
    return [
        table(
            f"What each pass did ({result['circuit']}, {result['options']['dialect']})", ["pass", "of", "what"], rows
        ),
        *texts,
        f"{result['host_share']:.1%} of all synapses stay on the host",
        f"written: {result['out']} ({noun})",
    ]


@command_of
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--circuit",
    type=Choice([*CIRCUITS]),
    help="The circuit that the model is built as; by default the first for its kind.",
)
@click.option("--weight-bits", default=8, show_default=True, help="Bits of a weight with its sign, 4 to 8.")
@click.option("--weight-slices", default=1, show_default=True, help="Slices of a weight, 1 or 2.")
@click.option("--state-bits", default=24, show_default=True, help="Bits of a state with its sign, 10 to 24.")
@click.option("--message-bits", default=10, show_default=True, help="Bits of a graded message, 2 to 16.")
@click.option(
    "--input",
    default=Options.input,
    show_default=True,
    type=Choice([*INPUTS]),
    help="Where the first layer's weights are: synapses on the chip, or a current that the host computes.",
)
@click.option("--input-bits", default=8, show_default=True, help="Most bits of a sample that enters the chip, 1 to 16.")
@click.option(
    "--sample-range",
    nargs=2,
    type=float,
    help="Lowest and highest value of any feature, if MODEL doesn't state them.",
)
@click.option(
    "--dialect",
    default=next(iter(DIALECTS)),
    show_default=True,
    type=Choice([*DIALECTS]),
    help="The integer rules that weights, delays and sums have to satisfy.",
)
@click.option("--stop-after", "last", default=[*PASSES][-1], show_default=True, type=Choice([*PASSES]))
@click.option(
    "--print-after",
    "printed",
    multiple=True,
    type=Choice([*PASSES]),
    help="Print the graph or network as it is after this pass.",
)
@click.option("--out", default=Path("network.safetensors"), show_default=True, type=click.Path(path_type=Path))
def command(
    screen: Screen,
    model: Path,
    circuit: str | None,
    sample_range: tuple[float, float] | None,
    last: str,
    printed: tuple[str, ...],
    out: Path,
    **chosen: Any,
) -> None:
    """Compile the trained MODEL, or a graph, to an integer network, and report what each pass did."""
    options = Options(**chosen)
    name, graph = named_graph(model, circuit)
    if sample_range:
        graph = replace(graph, sample_range=SampleRange(*sample_range))
    result = compile_to_file(graph, name, options, last, printed, out)
    screen.result(result, *readable(result))
