"""`quantal info`: what is installed, and which backends work here."""

from __future__ import annotations

from typing import Any

from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, table
from quantal.hardware.installation import info


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    facts = [[name, version or "not installed"] for name, version in result["versions"].items()]
    facts += [["platform", result["platform"]], ["cores", str(result["cores"])]]
    facts += [["C compiler", result["compiler"] or "none: Brian2 runs on NumPy, which is slower"]]
    backends = [[name, state] for name, state in result["backends"].items()]
    return [table("Installed", ["", "version"], facts), table("Backends", ["backend", "here"], backends)]


@command_of
def command(screen: Screen) -> None:
    """Show what is installed, and run a small network on every backend."""
    result = info(screen.part)
    screen.result(result, *readable(result))
