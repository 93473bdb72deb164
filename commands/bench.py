"""`quantal bench`: this project's targets, measured on this machine."""

from __future__ import annotations

from typing import Any

import click

from quantal.bench.targets.registry import TABLES
from quantal.commands.cli import KnownName
from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, table


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    rows = [
        [target.name, target.value, target.limit, target.holds, target.measured, target.command]
        for target in result["targets"]
    ]
    absent = [
        f"not recorded here: {target.name} (--rerun measures it)"
        for target in result["targets"]
        if target.value is None
    ]
    return [table("Targets", ["what", "value", "limit", "met", "measured", "command"], rows), *absent]


@command_of
@click.argument("name", type=KnownName(TABLES))
@click.option("--rerun", is_flag=True, help="Also repeat measurements that take longer than ten minutes.")
def command(screen: Screen, name: str, rerun: bool) -> None:
    """Measure the targets in the table NAME: main, norse or foundations.

    Measurements of more than ten minutes are read from their records unless --rerun is given.
    """
    result = {"targets": [*TABLES[name](rerun, screen.part)]}
    screen.result(result, *readable(result))
