"""The time that it takes to read a trace back from Lava."""

from __future__ import annotations

from quantal.bench.experiments.readback import read_back_seconds
from quantal.neuro.simulate.progress import silent_part


def test_read_back_of_a_small_run():
    assert 0 < read_back_seconds(20, 10, silent_part) < 3
