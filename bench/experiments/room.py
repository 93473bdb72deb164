"""A network of 10⁵ units and 10⁷ connections: what it costs to compile, to store, to keep and to run.

    python -m quantal.bench.experiments.room bench/results/room.json

measures the time of compiling and verifying, the bytes of a connection in its file, the peak memory of a process that
does all that and runs it, and how much longer a step takes with 20 different delays than with one.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import scipy

from quantal.bench.record import write_record
from quantal.neuro import engine
from quantal.neuro.arithmetic import Integers
from quantal.neuro.compile import compile_graph
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import save_network
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.network.trace import Recording
from quantal.neuro.network.verify import verify
from quantal.neuro.neurons import FloatCuba, FloatSpike

COMMAND = "python -m quantal.bench.experiments.room bench/results/room.json"
UNITS, SOURCES, DELAYS = 100_000, 100, 20
"""Units, connections that each of them receives, and number of different delays."""
SEED, STEPS, PAIRS = 0, 300, 7
DRIVE_MAX = 90
"""Largest input of a unit at every step, with which a hundredth of all units spikes in a step."""
NOTHING = Recording((), ())


def random_graph(delays: int, units: int = UNITS, sources: int = SOURCES) -> Graph:
    """Units that are connected at random; each connection has one of so many delays, in steps from 1."""
    rng = np.random.default_rng(SEED)
    # Sorted numbers, made different by adding 0, 1, 2 …
    chosen = np.sort(rng.integers(0, units - sources, (units, sources), np.int32), axis=1)
    chosen += np.arange(sources, dtype=np.int32)
    weights, starts = rng.normal(0, 0.1, chosen.size), np.arange(0, chosen.size + 1, sources, dtype=np.int32)
    weight = scipy.sparse.csr_array((weights, chosen.ravel(), starts), shape=(units, units))
    delay_steps = rng.integers(1, delays, chosen.size, np.int8, endpoint=True) if delays > 1 else 1
    leak = FloatCuba(np.zeros(units), np.full(units, 0.9), np.full(units, 0.05), -50.0, 50.0)
    population = FloatPopulation("units", units, leak, FloatSpike(np.full(units, 1.0)))
    return Graph("random", (population,), (FloatProjection("random", "units", "units", weight, delay_steps),))


def measured_costs() -> dict[str, float]:
    """Seconds of compiling and verifying, bytes of a connection in the file, and peak memory of this process in GB."""
    graph = random_graph(DELAYS)
    start = time.perf_counter()
    network, _ = compile_graph(graph)
    seconds = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "random.safetensors"
        save_network(network, path)
        file_bytes = path.stat().st_size
    del graph
    start = time.perf_counter()
    verify(replace(network))
    verify_seconds = time.perf_counter() - start
    engine.run(network, drive_of(network), STEPS, NOTHING)
    return {
        "compile_and_verify_s": seconds,
        "verify_s": verify_seconds,
        "bytes_a_connection": file_bytes / network.projections[0].weight.values().size,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
    }


def measured_ratio() -> dict[str, float]:
    """How many times longer a step takes with many different delays than with one, as the median of pairs of runs."""
    many, _ = compile_graph(random_graph(DELAYS))
    one = replace(many, projections=(replace(many.projections[0], delay_steps=1),))
    for network in (one, many):
        seconds_of_run(network)
    pairs = [tuple(seconds_of_run(network) for network in (one, many)) for _ in range(PAIRS)]
    spikes = engine.run(many, drive_of(many), STEPS, Recording(("units",), ()))
    return {
        "times_longer": median(longer / shorter for shorter, longer in pairs),
        "step_ms_one_delay": 1e3 / STEPS * median(shorter for shorter, _ in pairs),
        "step_ms_many_delays": 1e3 / STEPS * median(longer for _, longer in pairs),
        "spikes_a_unit_and_step": float(spikes.messages["units"].mean()),
    }


def seconds_of_run(network: CountNetwork) -> float:
    """Seconds of a run."""
    before = time.perf_counter()
    engine.run(network, drive_of(network), STEPS, NOTHING)
    return time.perf_counter() - before


def drive_of(network: CountNetwork) -> dict[str, Integers]:
    """Constant input of one sample, different for each unit."""
    rng = np.random.default_rng(SEED)
    return {"units": rng.integers(0, DRIVE_MAX, (1, network.populations[0].size), endpoint=True)}


MEASURES: dict[str, Callable[[], dict[str, float]]] = {"costs": measured_costs, "ratio": measured_ratio}


def in_own_process(name: str) -> dict[str, Any]:
    """One of the measures, in a process of its own, whose memory holds nothing else."""
    command = [sys.executable, "-m", "quantal.bench.experiments.room", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def measured() -> dict[str, Any]:
    """Everything, as the targets read it."""
    size = {"units": UNITS, "connections": UNITS * SOURCES, "delays": DELAYS}
    return {**size, **in_own_process("costs"), **in_own_process("ratio")}


def main(out: str) -> None:
    """Measure, and write the record."""
    results = measured()
    write_record(out, COMMAND, SEED, results)
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    if sys.argv[1] in MEASURES:
        print(json.dumps(MEASURES[sys.argv[1]]()))
    else:
        main(sys.argv[1])
