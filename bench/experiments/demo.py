"""The main job: from photographs to spike counts on every simulator, compared."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from quantal.bench.experiments.demo_data import DemoData, differing_by_step, integers_per_step
from quantal.hardware.backends import backend
from quantal.hardware.check import TimedTrace, agreements, run_all
from quantal.neuro.circuits import circuits_for
from quantal.neuro.circuits.poisson_vae import PoissonVae
from quantal.neuro.compare.quality import MeanQuality, QualityCurve, engine_curve, float_curve, quality_curve
from quantal.neuro.compile import compile_graph
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import content_hash, save_network
from quantal.neuro.network.graph import Graph
from quantal.neuro.network.inputs import host_share
from quantal.neuro.simulate.drive import encode
from quantal.neuro.simulate.floats import simulate
from quantal.neuro.simulate.progress import Part, silent_part
from quantal.training.data.network_samples import evenly_spaced
from quantal.training.data.samples import Samples, load_samples
from quantal.training.export import to_parameters
from quantal.training.learn.poisson_vae import fit_poisson_vae
from quantal.training.learn.poisson_vae_settings import PoissonVaeSettings

if TYPE_CHECKING:
    from quantal.training.models.poisson_vae import PoissonVAE

MAIN_CIRCUIT = "lateral-competition"
"""The circuit that runs on every simulator."""


@dataclass(frozen=True)
class Plan:
    """What the demo runs, and for how long.

    `patches` samples run on every simulator, `held_out` samples on the engine and in floating point in both circuits,
    all of them for `steps`; averages are taken over the `last` steps.
    """

    out: Path
    resume: bool = False
    data: Path | None = None
    settings: PoissonVaeSettings = field(default_factory=PoissonVaeSettings)
    patches: int = 32
    held_out: int = 1000
    steps: int = 500
    last: int = 100
    backends: tuple[str, ...] = ("engine", "brian2", "lava", "lava-fused")


@dataclass(frozen=True, eq=False)
class Compiled:
    """Float and integer network of one circuit."""

    graph: Graph
    network: CountNetwork


@dataclass(frozen=True, eq=False)
class Shared:
    """The results for the same patches on every simulator, and in floating point with two seeds."""

    patches: np.ndarray
    float_counts: np.ndarray
    float_again: np.ndarray
    float_seconds: float
    runs: Mapping[str, TimedTrace]
    equal: Mapping[str, bool]


def run_demo(plan: Plan, part: Part = silent_part) -> tuple[dict[str, Any], DemoData]:
    """Do the main job; write model and networks to `plan.out`, and return the results and the data for the pictures."""
    for name in plan.backends:
        backend(name)
    plan.out.mkdir(parents=True, exist_ok=True)
    with part("photographs"):
        samples = load_samples(plan.data)
    model, training_seconds = trained(plan, samples, part)
    compiled = compiled_circuits(plan, model, part)
    shared = run_shared(plan, compiled[MAIN_CIRCUIT], samples, part)
    curves = {circuit: held_out_curves(plan, circuit, pair, samples, part) for circuit, pair in compiled.items()}
    result = {
        **measured(plan, compiled[MAIN_CIRCUIT], shared),
        "equal": dict(shared.equal),
        "patches": len(shared.patches),
        "steps": plan.steps,
        "last": plan.last,
        "training_seconds": training_seconds,
        "resumed": plan.resume,
        "updates": plan.settings.updates,
        "held_out": held_out(plan, samples, curves),
        "networks": {circuit: content_hash(pair.network) for circuit, pair in compiled.items()},
        "host_share": {circuit: host_share(pair.network) for circuit, pair in compiled.items()},
    }
    return result, demo_data(plan, compiled[MAIN_CIRCUIT], shared, curves)


def trained(plan: Plan, samples: Samples, part: Part) -> tuple[PoissonVAE, float]:
    """The model, and the seconds spent on its training in this run."""
    start = time.perf_counter()
    with part("training") as progress:
        checkpoint = plan.out / "model.safetensors"
        model = fit_poisson_vae(
            samples, plan.settings, checkpoint, plan.resume, lambda done, total, _: progress(done, total)
        )
    return model, time.perf_counter() - start


def compiled_circuits(plan: Plan, model: PoissonVAE, part: Part) -> dict[str, Compiled]:
    """Both circuits in floating point and in integers; the integer networks are also saved."""
    compiled: dict[str, Compiled] = {}
    with part("compiling"):
        for name, circuit in circuits_for(PoissonVae).items():
            graph = circuit.build(to_parameters(model), plan.settings.seed)
            network, _ = compile_graph(graph)
            save_network(network, plan.out / f"{name}.safetensors")
            compiled[name] = Compiled(graph, network)
    return compiled


def run_shared(plan: Plan, pair: Compiled, samples: Samples, part: Part) -> Shared:
    """Run the same held-out patches on every simulator, and compare every state and message."""
    patches = evenly_spaced(samples.held_out, plan.patches).astype(np.float64)
    latents = pair.graph.readouts[0].source
    with threadpool_limits(1), part("float") as progress:
        start = time.perf_counter()
        first = simulate(pair.graph, patches, plan.steps, seed=plan.settings.seed, progress=progress)[latents]
        seconds = time.perf_counter() - start
        second = simulate(pair.graph, patches, plan.steps, seed=plan.settings.seed + 1)[latents]
    drive = encode(pair.network, patches)
    runs = run_all(pair.network, drive, plan.steps, plan.backends, part)
    with part("comparing"):
        found = agreements(pair.network, drive, runs)
    equal = {name: all(one.equal for one in populations) for name, populations in found.items()}
    return Shared(patches, first, second, seconds, runs, equal)


def measured(plan: Plan, pair: Compiled, shared: Shared) -> dict[str, dict[str, float]]:
    """Quality and seconds on each simulator."""
    source = pair.network.readouts[0].source
    floating = quality_curve(pair.graph, shared.patches, shared.float_counts, shared.float_seconds)
    curves = {
        name: quality_curve(pair.network, shared.patches, one.trace.messages[source], one.seconds)
        for name, one in shared.runs.items()
    }
    return {name: asdict(curve.last(plan.last)) for name, curve in {"float": floating, **curves}.items()}


def held_out_curves(
    plan: Plan, circuit: str, pair: Compiled, samples: Samples, part: Part
) -> tuple[QualityCurve, QualityCurve]:
    """Quality of many held-out patches in floating point and in integers."""
    patches = evenly_spaced(samples.held_out, plan.held_out).astype(np.float64)
    with part(f"float, {len(patches)} patches, {circuit}") as progress:
        floating = float_curve(pair.graph, patches, plan.steps, progress)
    with part(f"engine, {len(patches)} patches, {circuit}") as progress:
        return floating, engine_curve(pair.network, patches, plan.steps, progress)


def held_out(plan: Plan, samples: Samples, curves: Mapping[str, tuple[QualityCurve, QualityCurve]]) -> dict[str, Any]:
    """Float, integer and their difference in each circuit."""
    return {
        "patches": min(plan.held_out, len(samples.held_out)),
        "steps": plan.steps,
        "distance": curves[MAIN_CIRCUIT][1].last(plan.last).distance,
        "circuits": {
            circuit: contrast(floating.last(plan.last), integer.last(plan.last))
            for circuit, (floating, integer) in curves.items()
        },
    }


def contrast(floating: MeanQuality, integer: MeanQuality) -> dict[str, Any]:
    """The quality in floating point and in integers, and their difference (integer − float)."""
    keys = ("r2", "zeros", "distance")
    difference = {key: getattr(integer, key) - getattr(floating, key) for key in keys}
    return {"float": asdict(floating), "integer": asdict(integer), "difference": difference}


def demo_data(
    plan: Plan, pair: Compiled, shared: Shared, curves: dict[str, tuple[QualityCurve, QualityCurve]]
) -> DemoData:
    """The data from which the pictures are drawn."""
    expected = shared.runs["reference"].trace
    return DemoData(
        patches=shared.patches,
        sample_shape=pair.network.sample_shape,
        float_counts=shared.float_counts,
        float_again=shared.float_again,
        integer_counts=expected.messages[pair.network.readouts[0].source],
        float_readout=pair.graph.readouts[0].weight,
        integer_readout=pair.network.readouts[0].weight,
        curves=curves,
        differing={name: differing_by_step(expected, shared.runs[name].trace) for name in shared.equal},
        compared=integers_per_step(expected),
        last=plan.last,
    )
