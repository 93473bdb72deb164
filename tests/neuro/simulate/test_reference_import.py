"""Importing the reference loads no machine code and no other simulator, and takes less than half a second."""

from __future__ import annotations

import subprocess
import sys

IMPORT = """
import sys, time
start_s = time.process_time()
import quantal.neuro.simulate.reference
print(time.process_time() - start_s, *{name.partition(".")[0] for name in sys.modules})
"""
FORBIDDEN = {"numba", "llvmlite", "torch", "norse", "nir", "brian2", "lava", "matplotlib"}
IMPORT_MAX_S = 0.5
"""A command that needs no more than the reference should start without a noticeable delay."""


def imported() -> tuple[float, set[str]]:
    """Processor time in seconds of the import in a new process, and all top-level modules that are there afterwards."""
    output = subprocess.run([sys.executable, "-c", IMPORT], check=True, capture_output=True, text=True).stdout
    took_s, *modules = output.split()
    return float(took_s), {*modules}


def test_the_reference_is_imported_fast_and_alone() -> None:
    """The best of twelve runs: the first may have to compile Python sources, and other programs take the caches."""
    runs = [imported() for _ in range(12)]
    assert runs[0][1] & FORBIDDEN == set()
    assert min(took_s for took_s, _ in runs) < IMPORT_MAX_S
