"""`quantal run`: run a network on samples, and measure the quality of its code at each step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np

from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, table
from quantal.commands.sample_options import sample_options
from quantal.hardware.backends import backend
from quantal.hardware.run import RunOptions, averaged_steps, run_network
from quantal.neuro.network.files import load_network
from quantal.training.data.network_samples import SampleChoice, samples_for

SHOWN_STEPS = 10
"""Number of steps in the table."""


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    head = f"{result['samples']} samples ({result['source']}), {result['backend']}, {result['seconds']:.1f} s"
    if "r2" not in result:
        return [head]
    curve = result["by_step"]
    steps = np.unique(np.geomspace(1, len(curve["r2"]), SHOWN_STEPS).astype(int))
    rows: list[list[Any]] = [
        [int(step), *(float(curve[key][step - 1]) for key in ("r2", "zeros", "distance"))] for step in steps
    ]
    rows.append([f"last {averaged_steps(len(curve['r2']))}", result["r2"], result["zeros"], result["distance"]])
    return [table("Quality of the code", ["step", "R²", "share of zeros", "distance"], rows), head]


@command_of
@click.argument("network", type=click.Path(path_type=Path))
@sample_options(200)
@click.option("--backend", "name", default="engine", show_default=True, help="The simulator to run on.")
@click.option("--steps", default=500, show_default=True, type=click.IntRange(1, 10**7))
@click.option("--out", type=click.Path(path_type=Path), help="File to write the trace to.")
@click.option("--every", default=100, show_default=True, type=click.IntRange(1), help="Steps between snapshots.")
@click.option(
    "--weights-every", default=0, type=click.IntRange(0), help="Steps between records of learned weights; 0 for none."
)
@click.option("--resume", is_flag=True, help="Resume from the last snapshot of the same run.")
def command(
    screen: Screen,
    network: Path,
    choice: SampleChoice,
    name: str,
    steps: int,
    out: Path | None,
    every: int,
    weights_every: int,
    resume: bool,
) -> None:
    """Run NETWORK on samples and measure its code: R², share of zeros, distance from the optimum."""
    loaded = load_network(network)
    backend(name)
    chosen = samples_for(loaded, choice)
    result = {
        **run_network(loaded, chosen.samples, RunOptions(name, steps, every, resume, out, weights_every), screen.part),
        "source": chosen.source,
    }
    screen.result(result, *readable(result))
