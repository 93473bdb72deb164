"""`quantal show`: the contents of a network, a graph, a trace, a snapshot or a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, in_words, table
from quantal.commands.lazy import save_picture
from quantal.commands.report.describe import show, text_of


def readable(result: dict[str, Any]) -> list[Any]:
    """A table of single values, then one for each list."""
    lists = {key: rows for key, rows in result.items() if isinstance(rows, list) and rows}
    facts = [[key, in_words(value)] for key, value in result.items() if not isinstance(value, list)]
    tables = [table(result["noun"], ["", "value"], facts)]
    for key, rows in lists.items():
        tables.append(table(key, [*rows[0]], [[in_words(value) for value in row.values()] for row in rows]))
    return tables


@command_of
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--text", "as_text", is_flag=True, help="Print a network or a graph as text, part by part.")
@click.option("--picture", type=click.Path(path_type=Path), help="Also draw it, to this PNG file.")
def command(screen: Screen, file: Path, as_text: bool, picture: Path | None) -> None:
    """Show what is in FILE: a network, a graph, a trace, a snapshot or a model."""
    if as_text:
        written = text_of(file)
        screen.result({"file": file, "text": written}, written.rstrip("\n"))
        return
    result, noun = show(file)
    if picture:
        save_picture(noun.picture, file, picture)
        result["picture"] = picture
    screen.result(result, *readable(result))
