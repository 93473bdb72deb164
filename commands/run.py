"""`quantal run`: run a network on samples, and measure the quality of its code at each step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, table
from quantal.commands.sample_options import LABELS, sample_options
from quantal.hardware.backends import backend
from quantal.hardware.run import RunOptions, averaged_steps, run_network
from quantal.neuro.compare.classification import Accuracy
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import load_network
from quantal.neuro.network.inputs import host_share
from quantal.training.data.coded_pictures import trained_steps
from quantal.training.data.network_samples import SampleChoice, samples_for

STEPS = 500
"""Number of steps of samples that don't change, in a network of unknown training."""
SHOWN_STEPS = 10
"""Number of steps in the table."""


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    head = f"{result['samples']} samples ({result['source']}), {result['backend']}, {result['seconds']:.1f} s"
    share = f"{result['host_share']:.1%} of all synapses stay on the host"
    lines = [in_words(result["accuracy"]), share, head] if "accuracy" in result else [share, head]
    if "r2" not in result:
        return lines
    curve = result["by_step"]
    steps = np.unique(np.geomspace(1, len(curve["r2"]), SHOWN_STEPS).astype(int))
    rows: list[list[Any]] = [
        [int(step), *(float(curve[key][step - 1]) for key in ("r2", "zeros", "distance"))] for step in steps
    ]
    rows.append([f"last {averaged_steps(len(curve['r2']))}", result["r2"], result["zeros"], result["distance"]])
    return [table("Quality of the code", ["step", "R²", "share of zeros", "distance"], rows), *lines]


def steps_for(network: CountNetwork, samples: NDArray[Any]) -> int:
    """Steps of a run for which none are given: those of the samples, or of training, or else `STEPS`."""
    return len(samples) if samples.ndim == 3 else trained_steps(network) or STEPS


def in_words(found: Accuracy) -> str:
    """An accuracy with its interval."""
    interval = f"{found.lowest:.2%} to {found.highest:.2%}"
    return f"accuracy {found.accuracy:.2%} of {found.samples} samples (95 % interval {interval})"


@command_of
@click.argument("network", type=click.Path(path_type=Path))
@sample_options(200, LABELS)
@click.option("--backend", "name", default="engine", show_default=True, help="The simulator to run on.")
@click.option(
    "--steps",
    type=click.IntRange(1, 10**7),
    show_default=f"as many as the samples have or the classifier was trained with, else {STEPS}",
)
@click.option("--out", type=click.Path(path_type=Path), help="File to write the trace to.")
@click.option(
    "--record",
    multiple=True,
    metavar="POPULATION[:STATE]",
    help="Write these messages or states to --out; by default the messages that are read out, or all.",
)
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
    steps: int | None,
    out: Path | None,
    record: tuple[str, ...],
    every: int,
    weights_every: int,
    resume: bool,
) -> None:
    """Run NETWORK on samples, and measure its code (R², share of zeros, distance from the optimum) or its accuracy.

    With --labels, the class is the largest last potential of the output, or the largest number of its messages.
    Pictures of bytes are scaled and coded as those that a classifier was trained on.
    """
    loaded = load_network(network)
    backend(name)
    chosen = samples_for(loaded, choice)
    options = RunOptions(name, steps or steps_for(loaded, chosen.samples), every, resume, out, weights_every, record)
    result = run_network(loaded, chosen.samples, options, screen.part, chosen.labels)
    result |= {"source": chosen.source, "host_share": host_share(loaded)}
    screen.result(result, *readable(result))
