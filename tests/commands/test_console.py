"""The output of commands for people and for programs."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from quantal.commands.console import Screen, bar_part, plain_part, short, table, to_json
from quantal.neuro.simulate.progress import scaled, silent_part


def test_the_command_line_imports_nothing_heavy():
    heavy = "{'numpy', 'rich', 'torch', 'numba', 'matplotlib'}"
    code = f"import sys; from quantal import commands; commands.command_line(); assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_package_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "quantal"], capture_output=True, text=True)
    assert "demo" in done.stdout + done.stderr


@pytest.mark.parametrize(("part", "text"), [(silent_part, ""), (plain_part, "counting"), (bar_part, "counting")])
def test_parts_are_named_on_standard_error(capsys, part, text):
    with part("counting") as progress:
        progress(1, 2)
    out, err = capsys.readouterr()
    assert out == ""
    assert text in err


def test_brackets_and_colons_are_no_markup(capsys):
    """As in the command that adds an extra, which loses the extra otherwise."""
    command = 'pip install "quantal[brian2]" :smile: [bold]'
    Screen().result({}, table(f"title [a] {command}", ["[b]"], [[command]]), command)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"title [a] {command}"
    assert lines[-1] == command
    assert "[b]" in lines[2]
    assert command in lines[4]


def test_json_has_no_progress():
    assert Screen(as_json=True).part is silent_part
    assert Screen().part is plain_part


def test_progress_of_a_part():
    reported = []
    scaled(lambda done, total: reported.append((done, total)), 10, 30)(5, 10)
    assert reported == [(15, 30)]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.0000"), (0.76349, "0.7635"), (-2e-5, "-2.0e-05"), (7.1325, "7.13"), (12345.0, "12,345")],
)
def test_numbers_have_few_digits(value, text):
    assert short(value) == text


def test_results_as_json():
    value = {"a": np.float32(1.5), "b": float("nan"), "c": (np.int64(3), None, True)}
    assert json.dumps(to_json(value)) == '{"a": 1.5, "b": null, "c": [3, null, true]}'
