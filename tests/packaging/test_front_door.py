"""What a user sees of the package before it runs: types, completions, and an import that costs nothing."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import jedi
import pytest

import quantal

from support.installed import ROOT, Environment

NAMES = sorted(
    alias.name
    for node in ast.walk(ast.parse((ROOT / "front_door.pyi").read_text()))
    if isinstance(node, ast.ImportFrom)
    for alias in node.names
)
HEAVY = ("numpy", "scipy", "numba", "llvmlite", "torch", "brian2", "lava", "matplotlib", "click", "rich")
USER = """
import numpy as np
import quantal

def study(path: str, model: quantal.PoissonVae) -> quantal.Trace:
    graph = quantal.lateral_competition(model, seed=1)
    network, report = quantal.compile_graph(graph, quantal.Options(weight_bits=8))
    print(len(report.notes), network.populations[0].size)
    drive = quantal.encode(network, np.ones((2, 16)))
    trace = quantal.run(network, drive, steps=10)
    reveal_type(quantal.run(network, drive, 10))
    reveal_type(trace.messages["latent"])
    reveal_type(quantal.load_network(path))
    reveal_type(quantal.decode(network, trace.messages["latent"][-1]))
    reveal_type(quantal.certify(graph, network, np.ones((2, 16)), 10))
    reveal_type(quantal.calibrated(graph, np.ones((2, 16)), 10))
    reveal_type(quantal.infer(network, np.ones((2, 16)), 10))
    return trace
"""
REVEALED = ["Trace", "ndarray", "CountNetwork", "ndarray", "Certificate", "Graph", "Trace"]


def test_every_name_is_there_and_is_listed():
    assert dir(quantal) == NAMES
    assert all(getattr(quantal, name) is not None for name in NAMES)


def test_an_unknown_name():
    with pytest.raises(AttributeError, match="nothing"):
        _ = quantal.nothing


def test_import_loads_nothing_heavy():
    code = f"import sys, quantal; print(sorted({{*sys.modules}} & {set(HEAVY)!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_completer_lists_every_name(environment: Environment, tmp_path: Path):
    project = jedi.Project(tmp_path, environment_path=str(environment.python))
    found = jedi.Script("import quantal\nquantal.", project=project).complete(2, len("quantal."))
    assert {*NAMES} <= {completion.name for completion in found}


def test_pyright_knows_every_type(environment: Environment, tmp_path: Path):
    every = "\n".join(f"reveal_type(quantal.{name})" for name in NAMES)
    (tmp_path / "study.py").write_text(USER)
    (tmp_path / "every.py").write_text(f"import quantal\n{every}\n")
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", environment.python]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)["generalDiagnostics"]
    assert [(one["file"], one["message"]) for one in found if one["severity"] != "information"] == []
    revealed = {Path(one["file"]).name: [] for one in found}
    for one in found:
        revealed[Path(one["file"]).name].append(one["message"])
    assert len(revealed["every.py"]) == len(NAMES)
    assert [message for messages in revealed.values() for message in messages if "Unknown" in message] == []
    for message, wanted in zip(revealed["study.py"], REVEALED, strict=True):
        assert f'is "{wanted}' in message
