"""Targets of trained spiking networks: exact import from Norse and NIR, little loss of accuracy, speed."""

from __future__ import annotations

import resource
import timeit
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import norse.torch as snn
import numpy as np
import torch
from norse.torch import SequentialState
from torch import nn

from quantal.bench.record import read_record
from quantal.bench.targets.target import Target, at_least, at_most, is_true
from quantal.neuro.compile import compile_graph
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.network.latency import latency_steps
from quantal.neuro.neurons import FloatCuba, FloatSpike
from quantal.neuro.nir import examples, read_nir, write_nir
from quantal.neuro.simulate.floats import simulate_states
from quantal.neuro.simulate.progress import Part
from quantal.training.export.norse import from_norse

BENCH = "quantal bench norse --json"
DIALECTS = "python -m quantal.bench.peers.dialects"
DEPLOYMENT = "python -m quantal.bench.experiments.deployment"

THROUGHPUT = "python -m quantal.bench.experiments.throughput"

NIR_FILES = Path(examples.__file__).parent
"""Small files from Norse, snnTorch, sinabs and the NIR paper."""

FEATURES, HIDDEN, BATCH, STEPS, INPUT_RATE = 20, 30, 4, 1000, 0.2
ROUNDING = 1e-12
"""Relative error of sums in double precision that are added in a different order."""

CELLS: dict[str, Callable[[], list[nn.Module]]] = {
    "LIFCell": lambda: [*dense(), snn.LIFCell(), nn.Linear(HIDDEN, HIDDEN, bias=False), snn.LIFCell()],
    "LIFBoxCell": lambda: [*dense(), snn.LIFBoxCell(), nn.Linear(HIDDEN, HIDDEN, bias=False), snn.LIFBoxCell()],
    "LIFRefracCell": lambda: [*dense(), snn.LIFRefracCell()],
    "LIFRecurrentCell": lambda: [snn.LIFRecurrentCell(FEATURES, HIDDEN)],
    "LICell": lambda: [*dense(), snn.LIFCell(), snn.LICell()],
    "LIBoxCell": lambda: [*dense(), snn.LIFCell(), snn.LIBoxCell()],
    "LILinearCell": lambda: [*dense(), snn.LIFCell(), snn.LILinearCell(HIDDEN, 5)],
}
"""Cell to layers that end with it."""

CASES, RUNS, TIMES_FASTER = 10_000, 50, 5.0
FLOAT = {"mlp": 0.982, "conv": 0.990}
LOST_BY_ROUNDING, LOST_AFTER_TUNING = 0.005, 0.002
UNITS, TIMES = 1000, 3


def measure(rerun: bool, part: Part) -> Iterator[Target]:
    """All targets of trained spiking networks."""
    yield from dialect_targets(read_record("dialects"))
    yield from cell_targets(part)
    yield from nir_targets()
    yield from deployment_targets(read_record("deployment"))
    times = read_record("throughput").get("times_faster")
    name = "MNIST conv, integers on the engine against Norse in torch, times faster"
    yield at_least(name, times, TIMES_FASTER, THROUGHPUT, "recorded")
    yield from compile_targets(part)


def dense() -> list[nn.Module]:
    """All-to-all weights from the features."""
    return [nn.Linear(FEATURES, HIDDEN, bias=False)]


def dialect_targets(record: dict[str, Any]) -> Iterator[Target]:
    """Neurons over 64 steps in each public package, with parameters and input from the whole legal range."""
    for name, found in record.get("dialects", {}).items():
        groups = found["neurons"].values()
        differing = sum(group["neurons"] - group["as the dialect says"] for group in groups)
        yield at_most(f"neurons that differ between {name} and its dialect", differing, 0, DIALECTS, "recorded")
    lava = record.get("dialects", {}).get("lava-0.10")
    groups = [lava["neurons"][group] for group in ("shared", "bias", "whole")] if lava else []
    equal, neurons = (sum(group[key] for group in groups) for key in ("as Cuba and Spike", "neurons"))
    holds = equal == neurons >= CASES
    yield Target(f"neurons that equal Lava's LIF, of {neurons}", equal, f"all, >= {CASES}", holds, "recorded", DIALECTS)
    runs: dict[str, Any] = lava["runtime"] if lava else {"equal": None, "runs": 0}
    holds = runs["equal"] == runs["runs"] >= RUNS
    yield Target("runs that equal Lava's runtime", runs["equal"], f"all, >= {RUNS}", holds, "recorded", DIALECTS)


def cell_targets(part: Part) -> Iterator[Target]:
    """Every Norse cell against its float graph, spike for spike."""
    with part("Norse, spike for spike") as progress:
        for done, (name, build) in enumerate(CELLS.items()):
            yield is_true(
                f"norse {name} and its graph, {STEPS} steps, spikes or potentials equal", equals_its_graph(build), BENCH
            )
            progress(done + 1, len(CELLS))


def equals_its_graph(build: Callable[[], list[nn.Module]]) -> bool:
    """Whether layers with random weights give the same output in Norse and as a float graph, in double precision."""
    torch.manual_seed(0)
    model = SequentialState(*build()).double()
    excite(model)
    graph = from_norse(model, (FEATURES,))
    last, latency = graph.populations[-1], latency_steps(graph)[graph.populations[-1].name]
    samples = (torch.rand(STEPS + latency, BATCH, FEATURES) < INPUT_RATE).double()
    trace = simulate_states(graph, samples.numpy(), STEPS + latency, [last.name])
    state, outputs = None, []
    with torch.no_grad():
        for sample in samples[:STEPS]:
            output, state = model(sample, state)
            outputs.append(output.numpy())
    expected = np.array(outputs)
    if isinstance(last.emission, FloatSpike):
        return bool(expected.any()) and np.array_equal(trace.messages[last.name][latency:], expected)
    potential = trace.states[last.name]["v"][latency:]
    return bool(np.abs(potential - expected).max() <= ROUNDING * np.abs(expected).max())


@torch.no_grad()
def excite(model: nn.Module) -> None:
    """Give all weights more excitation than inhibition, scaled by the number of inputs."""
    for value in model.parameters():
        value.copy_(8 / value.shape[-1] ** 0.5 * (torch.randn_like(value) + 0.25))


def nir_targets() -> Iterator[Target]:
    """Files from other tools: read, written, and read again."""
    files = sorted(NIR_FILES.glob("*.nir"))
    with TemporaryDirectory(prefix="quantal-bench-") as folder:
        differing = [path.name for path in files if not survives_round_trip(path, Path(folder) / path.name)]
    equal = len(files) - len(differing)
    holds = bool(files) and not differing
    yield Target(
        f"NIR files that are equal after a round trip, of {len(files)}", equal, "all, >= 1", holds, "now", BENCH
    )


def survives_round_trip(path: Path, copy: Path) -> bool:
    """Whether a graph is unchanged by a round trip: nodes, edges, parameters, types and metadata."""
    graph = read_nir(path)
    write_nir(graph, copy)
    return read_nir(copy) == graph


def deployment_targets(record: dict[str, Any]) -> Iterator[Target]:
    """Accuracy on MNIST in floating point, after rounding, and after fine-tuning."""
    rows = {kind: row for row in record.get("rows", []) for kind in FLOAT if kind in row["model"]}
    for kind, limit in FLOAT.items():
        row = rows.get(kind)
        value = {key: row[key] if row else None for key in ("float", "integer", "tuned_integer", "tuned_in_torch")}
        yield at_least(f"MNIST {kind}, float accuracy", value["float"], limit, DEPLOYMENT, "recorded")
        lost = None if row is None else row["float"] - row["integer"]
        yield at_most(f"MNIST {kind}, lost by rounding to 8 bits", lost, LOST_BY_ROUNDING, DEPLOYMENT, "recorded")
        lost = None if row is None else row["float"] - row["tuned_integer"]
        yield at_most(f"MNIST {kind}, lost after tuning in integers", lost, LOST_AFTER_TUNING, DEPLOYMENT, "recorded")
        equal = row is not None and row["tuned_integer"] == row["tuned_in_torch"]
        yield Target(f"MNIST {kind}, torch and integers agree", equal, "true", equal, "recorded", DEPLOYMENT)


def compile_targets(part: Part) -> Iterator[Target]:
    """Compilation of networks of one, four and eight million synapses."""
    with part("compile millions of synapses") as progress:
        one = compile_seconds(UNITS)
        four = compile_seconds(2 * UNITS)
        gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        progress(1, 2)
        eight = compile_seconds(round(8**0.5 * UNITS))
        progress(2, 2)
    yield at_most("seconds to compile 1 million synapses", one, 10.0, BENCH)
    yield at_most("gigabytes while 4 million synapses are compiled", gigabytes, 2.0, BENCH)
    yield at_most("seconds for 8 million synapses, over those for 4 million", eight / four, 3.0, BENCH)


def compile_seconds(units: int) -> float:
    """Seconds to compile two fully connected layers of spiking units, the shortest of several runs."""
    rng = np.random.default_rng(0)
    ones = np.ones(units)

    def layer(name: str) -> FloatPopulation:
        return FloatPopulation(name, units, FloatCuba(0 * ones, ones, 0.1 * ones, -1e3, 1e3), FloatSpike(ones))

    weight = rng.normal(0, 0.1, (units, units))
    graph = Graph("large", (layer("first"), layer("second")), (FloatProjection("all", "first", "second", weight),))
    return min(timeit.repeat(lambda: compile_graph(graph), number=1, repeat=TIMES))
