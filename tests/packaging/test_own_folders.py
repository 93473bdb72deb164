"""A user's own folders may be called as ours are: nothing of ours is ever loaded under a plain name."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.installed import Environment

FOLDERS = ("neuro", "hardware", "training", "commands", "bench")
SCRIPT = f"""
import sys
from pathlib import Path

import numpy as np
import bench, commands, hardware, neuro
import training.loop
import quantal
import quantal.bench.record, quantal.commands.cli, quantal.training.data.samples

leak = quantal.Accumulator(np.zeros(2, np.int64), decay=0, lowest=-100, highest=100)
population = quantal.Population("a", 2, leak, quantal.Graded(shift=0))
network = quantal.CountNetwork("mine", (population,), ())
drive = {{"a": np.array([[1, 2]])}}
for name in sys.argv[1:]:
    backend = quantal.backend(name)
    trace = getattr(backend, "run", backend)(network, drive, 3)
    assert trace.messages["a"][:, 0].tolist() == [[1, 2], [2, 4], [3, 6]], name
assert training.loop.steps() == 3
for name, module in sys.modules.items():
    if name.partition(".")[0] in {FOLDERS!r} and getattr(module, "__file__", None):
        assert Path(module.__file__).is_relative_to(Path(__file__).parent), module
print("ran")
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A user's script beside folders of their own."""
    for folder in FOLDERS:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text("")
    # Without an __init__.py a folder is a namespace, which an installed package of the same name would hide.
    (tmp_path / "training" / "__init__.py").unlink()
    (tmp_path / "training" / "loop.py").write_text("def steps() -> int:\n    return 3\n")
    (tmp_path / "script.py").write_text(SCRIPT)
    return tmp_path / "script.py"


def test_with_the_wheel(wheel_environment: Environment, script: Path):
    # Lava runs in a process of its own, which has to find the same modules.
    assert wheel_environment.run(script, "reference", "lava", cwd=script.parent) == "ran\n"


def test_with_an_editable_install(editable_environment: Environment, script: Path):
    assert editable_environment.run(script, "reference", cwd=script.parent) == "ran\n"
