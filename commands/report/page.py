"""A page with a whole result, tables and pictures, in one self-contained file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from quantal.commands.console import cell


@dataclass(frozen=True)
class Section:
    """A heading, a paragraph, and its table or picture as HTML from `rows` or `picture`."""

    heading: str
    text: str
    content: str


def rows(columns: Sequence[str], values: Sequence[Sequence[Any]]) -> str:
    """A table."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join("<tr>" + "".join(map(entry, row)) + "</tr>" for row in values)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def entry(value: Any) -> str:
    """A table's cell; yes and no in colour."""
    text = cell(value)
    return f'<td class="{text}">{text}</td>' if type(value) is bool else f"<td>{escape(text)}</td>"


def picture(path: Path) -> str:
    """A PNG embedded in the page."""
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<figure><img alt="{escape(path.stem)}" src="data:image/png;base64,{data}"></figure>'


def write_page(path: Path, title: str, sections: Sequence[Section], footer: str) -> None:
    """Write the page."""
    body = "\n".join(
        f"<h2>{escape(part.heading)}</h2>\n<p>{escape(part.text)}</p>\n{part.content}" for part in sections
    )
    template = Template(files("quantal.commands.report").joinpath("page.html").read_text("utf-8"))
    path.write_text(template.substitute(title=escape(title), body=body, footer=escape(footer)), "utf-8")
