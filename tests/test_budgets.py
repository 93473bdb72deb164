"""How large a file and a function may be, so that each can be read at once."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("neuro", "hardware", "training", "commands")
LINES_OF_A_FILE = 300
LINES_OF_A_FUNCTION = 40
MEDIAN_LINES = 10
LONGER = {
    "neuro/engine/loop.py:run_samples": "one loop is one compiled unit, and calls inside it cost time",
}
"""Functions over the limit, each with its reason."""

SOURCES = sorted([*ROOT.glob("*.py"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))])


def functions() -> list[tuple[str, int]]:
    """Place and lines of every function and method."""
    return [
        (f"{path.relative_to(ROOT).as_posix()}:{node.name}", lines(node))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function with its signature, without its docstring and decorators."""
    documented = ast.get_docstring(node) is not None
    docstring = node.body[0].end_lineno - node.body[0].lineno + 1 if documented else 0
    return node.end_lineno - node.lineno + 1 - docstring


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_too_long(path: Path):
    assert len(path.read_text().splitlines()) <= LINES_OF_A_FILE


def test_no_function_is_too_long_without_a_reason():
    assert {place for place, count in functions() if count > LINES_OF_A_FUNCTION} == set(LONGER)


def test_most_functions_are_short():
    assert median(count for _, count in functions()) < MEDIAN_LINES
