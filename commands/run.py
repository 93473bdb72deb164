"""`quantal run`: a network on samples, how good its code is at each step, and its trace."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, table
from quantal.hardware.backends import backend, resumable
from quantal.neuro.compare.quality import Course, course_of_messages
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import content_hash, load_network, save_trace
from quantal.neuro.network.trace import Recording, Trace, messages_of
from quantal.neuro.simulate.drive import encode
from quantal.neuro.simulate.progress import Part, silent_part
from quantal.neuro.simulate.resumable import Pieces, run_in_pieces
from quantal.training.data.network_samples import Chosen, samples_for

LAST_SHARE = 5
"""Quality is averaged over the last fifth of the steps."""
SHOWN_STEPS = 10
"""Rows of the table of steps."""


@dataclass(frozen=True)
class Order:
    """What is to be run, and how."""

    backend: str = "engine"
    steps: int = 500
    every: int = 100
    resume: bool = False
    out: Path | None = None


def run_network(network: CountNetwork, chosen: Chosen, order: Order, part: Part = silent_part) -> dict[str, Any]:
    """Run a network on samples; measure its code if it has a read-out; write its trace if asked to."""
    check_order(order)
    begin = time.perf_counter()
    trace = trace_of(network, chosen, order, part)
    seconds = time.perf_counter() - begin
    if order.out:
        save_trace(trace, order.out)
    return {
        "network": content_hash(network),
        "backend": order.backend,
        "samples": chosen.samples.shape[-2],
        "source": chosen.source,
        "steps": order.steps,
        "seconds": seconds,
        "out": order.out,
        **quality_of(network, chosen, trace, seconds),
    }


def check_order(order: Order) -> None:
    """Refuse to resume what can't be resumed."""
    if order.resume and (order.backend not in resumable() or order.out is None):
        raise QuantalError(
            "a run goes on only on a backend that tells where it ended, and beside its output",
            where="--resume",
            expected=f"--backend {' or '.join(resumable())}, and --out",
            got=f"--backend {order.backend}, {'no --out' if order.out is None else f'--out {order.out}'}",
        )


def trace_of(network: CountNetwork, chosen: Chosen, order: Order, part: Part) -> Trace:
    """The messages of the run; in pieces on disk where that is possible."""
    drive = encode(network, chosen.samples)
    sources = tuple(entry.source for entry in network.readouts) or None
    recording = Recording(sources, ())
    runner = backend(order.backend).run
    with part(f"{order.steps} steps on {order.backend}") as progress:
        if order.backend not in resumable() or order.out is None:
            return runner(network, drive, order.steps, recording)
        pieces = Pieces(order.out, order.every, order.resume)
        return run_in_pieces(network, drive, order.steps, recording, runner, pieces, progress)


def quality_of(network: CountNetwork, chosen: Chosen, trace: Trace, seconds: float) -> dict[str, Any]:
    """Quality over the last steps and at each of them; nothing without a read-out, or for samples that change."""
    if not network.readouts or chosen.samples.ndim == 3:
        return {}
    messages = messages_of(trace, network.readouts[0].source)
    course = course_of_messages(network, chosen.samples, messages, seconds)
    last = course.last(max(1, len(course.r2) // LAST_SHARE))
    return {"r2": last.r2, "zeros": last.zeros, "distance": last.distance, "by_step": by_step(course)}


def by_step(course: Course) -> dict[str, Any]:
    """A course as lists."""
    return {"r2": course.r2, "zeros": course.zeros, "distance": course.distance}


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    head = f"{result['samples']} samples ({result['source']}), {result['backend']}, {result['seconds']:.1f} s"
    if "r2" not in result:
        return [head]
    course = result["by_step"]
    steps = np.unique(np.geomspace(1, len(course["r2"]), SHOWN_STEPS).astype(int))
    rows = [[int(step), *(float(course[key][step - 1]) for key in ("r2", "zeros", "distance"))] for step in steps]
    rows.append([f"last {max(1, len(course['r2']) // LAST_SHARE)}", result["r2"], result["zeros"], result["distance"]])
    return [table("Quality of the code", ["step", "R²", "share of zeros", "distance"], rows), head]


@command_of
@click.argument("network", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="Samples: .npy, .npz or a folder of pictures.")
@click.option("--backend", "name", default="engine", show_default=True, help="What runs it.")
@click.option("--steps", default=500, show_default=True, type=click.IntRange(1, 10**7))
@click.option("--samples", default=200, show_default=True, type=click.IntRange(1, 10**6))
@click.option("--out", type=click.Path(path_type=Path), help="Where the trace goes.")
@click.option("--every", default=100, show_default=True, type=click.IntRange(1), help="Steps between snapshots.")
@click.option("--resume", is_flag=True, help="Go on from the last snapshot of the same run.")
def command(
    screen: Screen,
    network: Path,
    data: Path | None,
    name: str,
    steps: int,
    samples: int,
    out: Path | None,
    every: int,
    resume: bool,
) -> None:
    """Run NETWORK on samples and measure its code: R², share of zeros, distance from the optimum."""
    loaded = load_network(network)
    backend(name)
    chosen = samples_for(loaded, data, samples)
    result = run_network(loaded, chosen, Order(name, steps, every, resume, out), screen.part)
    screen.result(result, *readable(result))
