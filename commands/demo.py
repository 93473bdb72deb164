"""`quantal demo`: photographs to spike counts on every simulator, compared and shown."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from threadpoolctl import threadpool_limits

from commands.backends import backend
from commands.check import Ran, agreements, run_all
from commands.console import Part, Screen, silent_part, table, to_json
from commands.fidelity import Course, Measured, course_of_messages, engine_course, float_course
from commands.later import fit, to_parameters, write_report
from commands.line import MENDABLE
from commands.line import command as command_of
from commands.report.findings import Findings, differing_by_step, integers_per_step
from commands.report.tables import COLUMNS, HELD_OUT_COLUMNS, held_out_rows, measured_rows
from commands.samples import spread
from neuro.circuits.poisson_vae import LAYOUTS
from neuro.coding import encode
from neuro.compile import compile_graph
from neuro.files import content_hash, save_network
from neuro.graph import Graph
from neuro.network import CountNetwork
from neuro.simulate import simulate
from training.samples import Samples, load_samples
from training.settings import Settings

if TYPE_CHECKING:
    from training.models.poisson_vae import PoissonVAE

MAIN_LAYOUT = "lateral"
"""The layout that runs on every simulator."""


@dataclass(frozen=True)
class Plan:
    """What the demo does, and how much of it.

    `patches` run on every simulator, `held_out` on the engine and in floating point in both layouts; all of them
    for `steps`, and averages are taken over the `last` ones.
    """

    out: Path
    resume: bool = False
    data: Path | None = None
    settings: Settings = field(default_factory=Settings)
    patches: int = 32
    held_out: int = 1000
    steps: int = 500
    last: int = 100
    backends: tuple[str, ...] = ("engine", "brian2", "lava", "lava-fused")


@dataclass(frozen=True, eq=False)
class Compiled:
    """Float and integer network of one layout."""

    graph: Graph
    network: CountNetwork


@dataclass(frozen=True, eq=False)
class Shared:
    """What the same patches gave on every simulator, and in floating point with two seeds."""

    patches: np.ndarray
    float_counts: np.ndarray
    float_again: np.ndarray
    float_seconds: float
    ran: Mapping[str, Ran]
    equal: Mapping[str, bool]


def run_demo(plan: Plan, part: Part = silent_part) -> dict[str, Any]:
    """Do the main job; everything that comes of it is in `plan.out`."""
    begin = time.perf_counter()
    for name in plan.backends:
        backend(name)
    plan.out.mkdir(parents=True, exist_ok=True)
    with part("photographs"):
        samples = load_samples(plan.data)
    model, training_seconds = trained(plan, samples, part)
    compiled = compiled_layouts(plan, model, part)
    shared = run_shared(plan, compiled[MAIN_LAYOUT], samples, part)
    courses = {layout: held_out_courses(plan, layout, pair, samples, part) for layout, pair in compiled.items()}
    result = {
        **measured(plan, compiled[MAIN_LAYOUT], shared),
        "equal": dict(shared.equal),
        "patches": len(shared.patches),
        "steps": plan.steps,
        "last": plan.last,
        "training_seconds": training_seconds,
        "resumed": plan.resume,
        "updates": plan.settings.updates,
        "held_out": held_out(plan, samples, courses),
        "networks": {layout: content_hash(pair.network) for layout, pair in compiled.items()},
    }
    with part("report"):
        result["report"] = write_report(plan.out, result, findings(plan, compiled[MAIN_LAYOUT], shared, courses))
    result["seconds"] = time.perf_counter() - begin
    (plan.out / "demo.json").write_text(json.dumps(to_json(result), indent=1))
    return result


def trained(plan: Plan, samples: Samples, part: Part) -> tuple[PoissonVAE, float]:
    """The model, and the seconds that this run spent on its training."""
    begin = time.perf_counter()
    with part("training") as progress:
        checkpoint = plan.out / "model.safetensors"
        model = fit(samples, plan.settings, checkpoint, plan.resume, lambda done, total, _: progress(done, total))
    return model, time.perf_counter() - begin


def compiled_layouts(plan: Plan, model: PoissonVAE, part: Part) -> dict[str, Compiled]:
    """Both layouts, in floating point and in integers, and the latter on disk."""
    made: dict[str, Compiled] = {}
    with part("compiling"):
        for layout, circuit in LAYOUTS.items():
            graph = circuit(to_parameters(model), plan.settings.seed)
            network, _ = compile_graph(graph)
            save_network(network, plan.out / f"{layout}.safetensors")
            made[layout] = Compiled(graph, network)
    return made


def run_shared(plan: Plan, pair: Compiled, samples: Samples, part: Part) -> Shared:
    """The same held-out patches everywhere; every state and message compared."""
    patches = spread(samples.held_out, plan.patches).astype(np.float64)
    latents = pair.graph.readouts[0].source
    with threadpool_limits(1), part("float") as progress:
        begin = time.perf_counter()
        once = simulate(pair.graph, patches, plan.steps, seed=plan.settings.seed, progress=progress)[latents]
        seconds = time.perf_counter() - begin
        again = simulate(pair.graph, patches, plan.steps, seed=plan.settings.seed + 1)[latents]
    drive = encode(pair.network, patches)
    ran = run_all(pair.network, drive, plan.steps, plan.backends, part)
    with part("comparing"):
        found = agreements(pair.network, drive, ran)
    equal = {name: all(one.equal for one in populations) for name, populations in found.items()}
    return Shared(patches, once, again, seconds, ran, equal)


def measured(plan: Plan, pair: Compiled, shared: Shared) -> dict[str, dict[str, float]]:
    """Quality and seconds on each simulator."""
    source = pair.network.readouts[0].source
    real = course_of_messages(pair.graph, shared.patches, shared.float_counts, shared.float_seconds)
    courses = {
        name: course_of_messages(pair.network, shared.patches, one.trace.messages[source], one.seconds)
        for name, one in shared.ran.items()
    }
    return {name: asdict(course.last(plan.last)) for name, course in {"float": real, **courses}.items()}


def held_out_courses(plan: Plan, layout: str, pair: Compiled, samples: Samples, part: Part) -> tuple[Course, Course]:
    """Many held-out patches in floating point and in integers."""
    patches = spread(samples.held_out, plan.held_out).astype(np.float64)
    with part(f"float, {len(patches)} patches, {layout}") as progress:
        real = float_course(pair.graph, patches, plan.steps, progress)
    with part(f"engine, {len(patches)} patches, {layout}") as progress:
        return real, engine_course(pair.network, patches, plan.steps, progress)


def held_out(plan: Plan, samples: Samples, courses: Mapping[str, tuple[Course, Course]]) -> dict[str, Any]:
    """Float, integer and their difference in each layout."""
    return {
        "patches": min(plan.held_out, len(samples.held_out)),
        "steps": plan.steps,
        "distance": courses[MAIN_LAYOUT][1].last(plan.last).distance,
        "layouts": {
            layout: contrast(real.last(plan.last), whole.last(plan.last)) for layout, (real, whole) in courses.items()
        },
    }


def contrast(real: Measured, whole: Measured) -> dict[str, Any]:
    """Both measures and integer minus float."""
    keys = ("r2", "zeros", "distance")
    difference = {key: getattr(whole, key) - getattr(real, key) for key in keys}
    return {"float": asdict(real), "integer": asdict(whole), "difference": difference}


def findings(plan: Plan, pair: Compiled, shared: Shared, courses: dict[str, tuple[Course, Course]]) -> Findings:
    """What the pictures are drawn from."""
    expected = shared.ran["reference"].trace
    return Findings(
        patches=shared.patches,
        sample_shape=pair.network.sample_shape,
        float_counts=shared.float_counts,
        float_again=shared.float_again,
        integer_counts=expected.messages[pair.network.readouts[0].source],
        float_readout=pair.graph.readouts[0].weight,
        integer_readout=pair.network.readouts[0].weight,
        courses=courses,
        differing={name: differing_by_step(expected, shared.ran[name].trace) for name in shared.equal},
        compared=integers_per_step(expected),
        last=plan.last,
    )


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    many = result["held_out"]
    return [
        table(f"{result['patches']} held-out patches, {result['steps']} steps", COLUMNS, measured_rows(result)),
        table(f"{many['patches']} held-out patches, {many['steps']} steps", HELD_OUT_COLUMNS, held_out_rows(result)),
        f"training took {result['training_seconds']:.0f} s, everything {result['seconds']:.0f} s",
        f"pictures and tables: {result['report']}",
    ]


@command_of
@click.option("--out", default=Path("runs/demo"), show_default=True, type=click.Path(path_type=Path))
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 2**32 - 2))
@click.option("--resume", is_flag=True, help="Go on from the training checkpoint in --out.")
def command(screen: Screen, out: Path, seed: int, resume: bool) -> int:
    """Do the main job: learn from photographs, compile to integers, run everywhere, compare, report.

    Exits with 0 if every simulator gave the same integers, with 2 if not.
    """
    result = run_demo(Plan(out, resume, settings=Settings(seed=seed)), screen.part)
    screen.result(result, *readable(result))
    return 0 if all(result["equal"].values()) else MENDABLE
