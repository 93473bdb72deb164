"""What it costs to record and read back every state of a run on Lava."""

from __future__ import annotations

import statistics

import numpy as np

from commands.bars.speed import seconds_of
from commands.console import Part
from hardware.lava import run_fused
from neuro.kinds import Accumulator, Silent
from neuro.network import CountNetwork, Population
from neuro.trace import Recording

REPETITIONS = 3


def read_back_seconds(units: int, steps: int, part: Part) -> float:
    """Seconds that a run with all states recorded takes longer than one that records nothing."""
    integration = Accumulator(np.arange(units), decay=100)
    network = CountNetwork("recorded", (Population("units", units, integration, Silent()),))
    drive = {"units": np.ones((1, units), np.int64)}
    differences = []
    with part("Lava, recorded states") as progress:
        for done in range(REPETITIONS):
            kept = seconds_of(lambda: run_fused(network, drive, steps, Recording((), None)))
            bare = seconds_of(lambda: run_fused(network, drive, steps, Recording((), ())))
            differences.append(max(kept - bare, 0.0))
            progress(done + 1, REPETITIONS)
    return statistics.median(differences)
