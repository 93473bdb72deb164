"""What pages use to show a command with its output, or rows as a table."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from IPython.display import HTML

ROOT = Path(__file__).resolve().parents[2]
PLAIN = {"NO_COLOR": "1", "COLUMNS": "96", "TERM": "dumb"}


def shell(*commands: str, folder: Path | str = ".") -> None:
    """Print each command and what it prints; `quantal` is the checkout's."""
    for command in commands:
        words = shlex.split(command)
        start = [sys.executable, "-m", "quantal"] if words[0] == "quantal" else [words[0]]
        done = subprocess.run(
            [*start, *words[1:]],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **PLAIN},
        )
        print(f"$ {command}\n{done.stdout}")


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HTML:
    """Rows as a table, with numbers aligned to the right."""
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows)
    return HTML(
        f'<table class="docutils"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    )


def cell(value: Any) -> str:
    """One cell of a table."""
    if isinstance(value, str):
        return f"<td>{escape(value)}</td>"
    return f'<td class="number">{value}</td>'
