"""`quantal bench`: tables of what this project promises, as measured here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import click

from quantal.bench.targets.target import Bar
from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, table
from quantal.neuro.simulate.progress import Part

BENCHES = {"main": "quantal.bench.targets.main", "norse": "quantal.bench.targets.norse"}
"""Table to the module whose `measure(rerun, part)` yields its bars."""


def bench(name: str, rerun: bool, part: Part) -> dict[str, Any]:
    """Every bar of one table."""
    measure: Callable[[bool, Part], Iterator[Bar]] = import_module(BENCHES[name]).measure
    return {"bars": [*measure(rerun, part)]}


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    rows = [[one.name, one.value, one.bar, one.holds, one.measured, one.command] for one in result["bars"]]
    absent = [f"not recorded here: {one.name} (--rerun measures it)" for one in result["bars"] if one.value is None]
    return [table("What is promised", ["what", "value", "bar", "holds", "measured", "command"], rows), *absent]


@command_of
@click.argument("name", type=click.Choice([*BENCHES]))
@click.option("--rerun", is_flag=True, help="Also measure again what takes longer than ten minutes.")
def command(screen: Screen, name: str, rerun: bool) -> None:
    """Measure the table NAME. What takes longer than ten minutes is recorded once, and shown from its record."""
    result = bench(name, rerun, screen.part)
    screen.result(result, *readable(result))
