"""The time that it takes to read back the recorded states of a run on Lava."""

from __future__ import annotations

import time

import numpy as np

from quantal.hardware.lava import host
from quantal.hardware.lava.run_request import RunRequest
from quantal.neuro.network.count_network import CountNetwork, Population
from quantal.neuro.network.trace import EVERYTHING
from quantal.neuro.neurons import Accumulator, Silent
from quantal.neuro.simulate.progress import Part

TIMEOUT_S = 600.0


def read_back_seconds(units: int, steps: int, part: Part) -> float:
    """Seconds from the end of a run, with every state recorded, to its trace."""
    population = Population("units", units, Accumulator(np.arange(units), decay=100), Silent())
    drive = {"units": np.ones((1, units), np.int64)}
    request = RunRequest(CountNetwork("recorded", (population,)), drive, steps, EVERYTHING, 0, "process")
    with part("Lava, recorded states"), host.unnamed_files() as files:
        host.write_files(files, request)
        with host.started_worker(files) as worker:
            host.wait_for_worker(worker, TIMEOUT_S)
        host.check_report(files, worker.returncode)
        start = time.perf_counter()
        host.trace_of(request, files)
        return time.perf_counter() - start
