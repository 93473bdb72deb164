"""Who may import whom: the contracts in pyproject.toml hold, and tests and benches stay apart."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_every_contract_is_kept():
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


TESTS, BENCH = (sorted((ROOT / folder).rglob("*.py")) for folder in ("tests", "bench"))
TESTS_OF_BENCH = [path for path in TESTS if path.is_relative_to(ROOT / "tests" / "bench")]


def imported(source: str) -> Iterator[str]:
    """Every module and every name in one that the source imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importing(module: str, paths: list[Path]) -> list[str]:
    """The files that import the module or something inside it."""
    return [
        path.relative_to(ROOT).as_posix()
        for path in paths
        if any(f"{name}.".startswith(f"{module}.") for name in imported(path.read_text("utf-8")))
    ]


def test_every_form_of_import_is_seen():
    source = "import a.b\nfrom a import c\ndef f():\n    from a.d import e as g"
    assert [*imported(source)] == ["a.b", "a.c", "a.d.e"]


def test_only_the_tests_of_benches_import_benches():
    assert importing("quantal.bench", TESTS_OF_BENCH) != []
    assert importing("quantal.bench", [path for path in TESTS if path not in TESTS_OF_BENCH]) == []


@pytest.mark.parametrize("module", ["support", "tests"])
def test_benches_import_nothing_of_the_tests(module: str):
    assert importing("quantal.hardware", BENCH) != []
    assert importing(module, BENCH) == []
