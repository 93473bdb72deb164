"""Reading and writing NIR loads neither the engine nor a deep-learning framework."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
import quantal.neuro.nir
print(*{"numba", "llvmlite", "torch", "norse", "brian2", "lava", "matplotlib"} & sys.modules.keys())
"""


def test_neuro_nir_loads_nothing_heavy():
    finished = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert finished.stdout.split() == []
