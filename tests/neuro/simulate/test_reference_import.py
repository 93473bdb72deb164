"""Importing the reference loads no machine code and no other simulator, and takes less than half a second."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

IMPORT = """
import sys, time
start_s = time.process_time()
import quantal.neuro.simulate.reference
print(time.process_time() - start_s, *{name.partition(".")[0] for name in sys.modules})
"""
FORBIDDEN = {"numba", "llvmlite", "torch", "norse", "nir", "brian2", "lava", "matplotlib"}
IMPORT_MAX_S = 0.5
"""A command that needs no more than the reference should start without a noticeable delay."""


def imported(bytecode: Path) -> tuple[float, set[str]]:
    """Processor time in seconds of the import in a new process, and all top-level modules that are there afterwards.

    Bytecode is kept in a folder, as it is for users, also where the tests themselves must not write any.
    """
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(bytecode)
    output = subprocess.run([sys.executable, "-c", IMPORT], env=env, check=True, capture_output=True, text=True).stdout
    took_s, *modules = output.split()
    return float(took_s), {*modules}


def test_the_reference_is_imported_fast_and_loads_nothing_heavy(tmp_path: Path) -> None:
    """One of several runs must be fast: the first compiles all Python sources, and others may share the processor."""
    _, modules = imported(tmp_path)
    assert modules & FORBIDDEN == set()
    assert any(imported(tmp_path)[0] < IMPORT_MAX_S for _ in range(5))
