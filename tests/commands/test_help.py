"""Help is fast: no command imports a framework to print it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from quantal.commands import COMMANDS, lazy
from quantal.neuro.registry import loaded
from quantal.training.lazy import LazyFunction

HEAVY = ("torch", "norse", "brian2", "lava", "matplotlib")
SCRIPT = f"""
import contextlib, io, json, sys
from quantal.commands import COMMANDS, command_line
loaded, line = {{}}, command_line()
for command in COMMANDS:
    before = set(sys.modules)
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        line.main([command, "--help"], prog_name="quantal")
    assert "Usage: quantal" in out.getvalue()
    loaded[command] = sorted(set({HEAVY!r}) & (set(sys.modules) - before))
print(json.dumps(loaded))
"""


def test_no_help_loads_a_framework() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {command: [] for command in COMMANDS}


@pytest.mark.parametrize("name", [name for name, value in vars(lazy).items() if isinstance(value, LazyFunction)])
def test_every_lazy_function_exists(name: str) -> None:
    place = getattr(lazy, name).place
    assert place.endswith(f":{name}")
    assert callable(loaded(place))
