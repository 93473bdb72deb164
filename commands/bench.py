"""`quantal bench`: tables of this project's targets, as measured here."""

from __future__ import annotations

from typing import Any

import click

from quantal.bench.targets.registry import TABLES
from quantal.commands.cli import KnownName
from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, table


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    rows = [[one.name, one.value, one.limit, one.holds, one.measured, one.command] for one in result["targets"]]
    absent = [f"not recorded here: {one.name} (--rerun measures it)" for one in result["targets"] if one.value is None]
    return [table("Targets", ["what", "value", "limit", "met", "measured", "command"], rows), *absent]


@command_of
@click.argument("name", type=KnownName(TABLES))
@click.option("--rerun", is_flag=True, help="Also repeat measurements that take longer than ten minutes.")
def command(screen: Screen, name: str, rerun: bool) -> None:
    """Measure the table NAME: main or norse.

    Measurements of more than ten minutes are read from their records unless --rerun is given.
    """
    result = {"targets": [*TABLES[name](rerun, screen.part)]}
    screen.result(result, *readable(result))
