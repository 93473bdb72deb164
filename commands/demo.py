"""`quantal demo`: photographs to spike counts on every simulator, compared and shown."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from quantal.commands.cli import MENDABLE
from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, silent_part, table, to_json
from quantal.commands.lazy import Plan, run_demo, write_report
from quantal.commands.report.tables import COLUMNS, HELD_OUT_COLUMNS, held_out_rows, measured_rows
from quantal.neuro.simulate.progress import Part
from quantal.training.learn.poisson_vae_settings import PoissonVaeSettings


def shown_demo(plan: Any, part: Part = silent_part) -> dict[str, Any]:
    """Do the main job, and write report and results to `plan.out`."""
    begin = time.perf_counter()
    result, data = run_demo(plan, part)
    with part("report"):
        result["report"] = write_report(plan.out, result, data)
    result["seconds"] = time.perf_counter() - begin
    (plan.out / "demo.json").write_text(json.dumps(to_json(result), indent=1))
    return result


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    many = result["held_out"]
    return [
        table(f"{result['patches']} held-out patches, {result['steps']} steps", COLUMNS, measured_rows(result)),
        table(f"{many['patches']} held-out patches, {many['steps']} steps", HELD_OUT_COLUMNS, held_out_rows(result)),
        f"training took {result['training_seconds']:.0f} s, everything {result['seconds']:.0f} s",
        f"pictures and tables: {result['report']}",
    ]


@command_of
@click.option("--out", default=Path("runs/demo"), show_default=True, type=click.Path(path_type=Path))
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 2**32 - 2))
@click.option("--resume", is_flag=True, help="Resume from the training checkpoint in --out.")
def command(screen: Screen, out: Path, seed: int, resume: bool) -> int:
    """Do the main job: learn from photographs, compile to integers, run everywhere, compare, report.

    Exits with 0 if every simulator gave the same integers, with 2 if not.
    """
    result = shown_demo(Plan(out, resume, settings=PoissonVaeSettings(seed=seed)), screen.part)
    screen.result(result, *readable(result))
    return 0 if all(result["equal"].values()) else MENDABLE
