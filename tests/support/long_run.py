"""A run on Lava that would take hours, for tests that stop it."""

from __future__ import annotations

import sys

import numpy as np

from quantal.hardware.lava import run
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import Recording
from quantal.neuro.neurons import Accumulator, Graded
from quantal.neuro.synapses import Dense


def endless_network() -> CountNetwork:
    zeros = np.zeros(3, np.int64)
    population = Population("ring", 3, Accumulator(zeros, lowest=-99, highest=99), Graded())
    return CountNetwork("endless", (population,), (Projection("next", "ring", "ring", Dense(np.eye(3, dtype=int))),))


def run_endlessly(timeout_s: float) -> None:
    drive = {"ring": np.ones((1, 3), np.int64)}
    run(endless_network(), drive, 10**8, Recording((), ()), timeout_s=timeout_s)


if __name__ == "__main__":
    run_endlessly(float(sys.argv[1]))
