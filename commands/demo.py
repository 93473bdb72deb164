"""`quantal demo`: from photographs to spike counts on every simulator, compared and plotted."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from quantal.commands.cli import USER_ERROR
from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, silent_part, table, to_json
from quantal.commands.lazy import Plan, run_demo, write_report
from quantal.commands.report.tables import COLUMNS, HELD_OUT_COLUMNS, held_out_rows, measured_rows, shares_on_host
from quantal.neuro.simulate.progress import Part
from quantal.training.learn.poisson_vae_settings import PoissonVaeSettings


def demo_with_report(plan: Any, part: Part = silent_part) -> dict[str, Any]:
    """Do the main job, and write the report and the results to `plan.out`."""
    start = time.perf_counter()
    result, data = run_demo(plan, part)
    with part("report"):
        result["report"] = write_report(plan.out, result, data)
    result["seconds"] = time.perf_counter() - start
    (plan.out / "demo.json").write_text(json.dumps(to_json(result), indent=1))
    return result


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    held_out = result["held_out"]
    return [
        table(f"{result['patches']} held-out patches, {result['steps']} steps", COLUMNS, measured_rows(result)),
        table(
            f"{held_out['patches']} held-out patches, {held_out['steps']} steps",
            HELD_OUT_COLUMNS,
            held_out_rows(result),
        ),
        shares_on_host(result),
        f"training took {result['training_seconds']:.0f} s, the whole demo {result['seconds']:.0f} s",
        f"pictures and tables: {result['report']}",
    ]


@command_of
@click.option("--out", default=Path("runs/demo"), show_default=True, type=click.Path(path_type=Path))
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 2**32 - 2))
@click.option("--resume", is_flag=True, help="Resume from the training checkpoint in --out.")
def command(screen: Screen, out: Path, seed: int, resume: bool) -> int:
    """Do the main job: learn from photographs, compile to integers, run on every simulator, compare, report.

    Exits with 0 if all simulators gave the same integers, otherwise with 2.
    """
    result = demo_with_report(Plan(out, resume, settings=PoissonVaeSettings(seed=seed)), screen.part)
    screen.result(result, *readable(result))
    return 0 if all(result["equal"].values()) else USER_ERROR
