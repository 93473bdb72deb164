"""The output of commands: tables or one JSON object on standard output, progress on standard error."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from quantal.neuro.simulate.progress import Part, Progress, silent_part

PART_WIDTH = 30
"""Characters reserved for the name of a part."""
FILE_WIDTH = 160
"""Characters per line where the output is not a terminal."""


@dataclass(frozen=True)
class Screen:
    """Where the result and the progress of a command are shown."""

    as_json: bool = False

    @property
    def part(self) -> Part:
        """How the parts of a long job are shown: not at all, as lines, or as progress bars."""
        if self.as_json:
            return silent_part
        return bar_part if sys.stderr.isatty() else plain_part

    def result(self, value: Any, *readable: Any) -> None:
        """Print the value as JSON, or else its readable form."""
        if self.as_json:
            click.echo(json.dumps(to_json(value)))
            return
        width = None if sys.stdout.isatty() else FILE_WIDTH
        # What commands print is names, paths and commands of a shell: none of their brackets and colons are markup.
        console = Console(width=width, highlight=False, soft_wrap=True, markup=False, emoji=False)
        for item in readable:
            console.print(item)


@contextmanager
def plain_part(name: str) -> Generator[Progress]:
    """Report a part as one line when it is done, for a log."""
    start = time.perf_counter()
    yield lambda done, total: None
    click.echo(f"{name:{PART_WIDTH}} {time.perf_counter() - start:6.1f} s", err=True)


@contextmanager
def bar_part(name: str) -> Generator[Progress]:
    """Show a part as a progress bar on a terminal."""
    columns = (
        TextColumn(f"{{task.description:{PART_WIDTH}}}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(name, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
        total = bars.tasks[0].total or 1
        bars.update(task, completed=total, total=total)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """A table, with numbers aligned to the right."""
    drawn = Table(title=title, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        numeric = all(type(row[index]) in (int, float, type(None)) for row in rows)
        drawn.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*map(cell, row))
    return drawn


def cell(value: Any) -> str:
    """A value as text for a table."""
    return CELLS.get(type(value), str)(value)


def short(value: float) -> str:
    """A number in brief: four decimal places below 1, three significant digits below 1000, whole numbers above."""
    size = abs(value)
    form = ".1e" if 0 < size < 1e-4 else ".4f" if size < 1 else ".3g" if size < 1000 else ",.0f"
    return f"{value:{form}}"


CELLS: dict[type, Callable[[Any], str]] = {
    float: short,
    bool: lambda value: "yes" if value else "no",
    type(None): lambda value: "–",
}


def to_json(value: Any) -> Any:
    """A result as a JSON value; numbers that are not finite become null."""
    if is_dataclass(value) and not isinstance(value, type):
        value = {entry.name: getattr(value, entry.name) for entry in fields(value)}
    return next(turn(value) for kind, turn in JSON.items() if isinstance(value, kind))


JSON: dict[type, Callable[[Any], Any]] = {
    Mapping: lambda value: {str(key): to_json(item) for key, item in value.items()},
    str: str,
    Path: str,
    np.generic: lambda value: to_json(value.item()),
    np.ndarray: lambda value: to_json(value.tolist()),
    Sequence: lambda value: [to_json(item) for item in value],
    float: lambda value: value if math.isfinite(value) else None,
    object: lambda value: value,
}


class Range(NamedTuple):
    """Lowest and highest value."""

    low: int
    high: int


def in_words(value: Any) -> Any:
    """A value for a table, with ranges and shapes written without brackets."""
    return IN_WORDS.get(type(value), lambda other: other)(value)


IN_WORDS: dict[type, Callable[[Any], str]] = {
    Range: lambda value: f"{value.low} … {value.high}",
    tuple: lambda value: " × ".join(map(str, value)),
    dict: lambda value: "\n".join(f"{key}: {item}" for key, item in value.items()),
}
