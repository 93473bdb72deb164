"""Are the dialects what their packages compute? The same random questions to each package and to `neuro.dialects`.

    python bench/dialects.py bench/results/dialects.json [folder for environments]

makes an environment for each package that this one doesn't hold, asks (weights, sums, delays, 10 000 neurons of 64
steps in each group of cases, 50 networks in Lava's runtime), and writes what is equal and what parts from `Cuba` and
`Spike`, with the limit that was passed first. Takes about ten minutes.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from neuro.arithmetic import STATE_MAX, Integers, wrap
from neuro.dialects import DIALECTS, LAVA, Dialect, Lif, LifState, lif_step, weighted_sum
from neuro.errors import QuantalError
from neuro.kinds import Cuba, Spike

SCRIPTS = Path(__file__).parent / "packages"
SCRIPT = {"lava-0.10": "on_lava.py", "brian2-loihi-0.5": "on_brian2_loihi.py", "nengo-loihi-1.1": "on_nengo_loihi.py"}
ENVIRONMENT = {
    "brian2-loihi-0.5": ["brian2-loihi==0.5.2", "brian2>=2.9", "numpy<2.4"],
    "nengo-loihi-1.1": ["nengo-loihi==1.1.0", "nengo==3.2.0", "numpy==1.26.4"],
}
NAMES = {"brian2", "brian2-loihi", "lava-nc", "nengo", "nengo-loihi", "numpy"}
SEED, SETS, UNITS, STEPS = 0, 500, 20, 64
RUNS, SOURCES, TARGETS = 50, 16, 8
TIMEOUT_S = 1800
REFUSED = NEVER = -1
SHARED = replace(LAVA, keep_current=lambda u: wrap(u, -STATE_MAX, STATE_MAX + 1))
"""The limits of `Cuba` and `Spike`."""
LIMITS = {"accumulate": "sum of input", "keep_current": "u", "keep_drive": "u + bias", "keep_voltage": "v"}
Numbers = dict[str, np.ndarray]


def lif_numbers(rng: np.random.Generator, sets: int = SETS, units: int = UNITS, steps: int = STEPS) -> Numbers:
    """Neurons and input over the whole legal range, with the edge of 24 bits in between."""
    size = 2.0 ** rng.uniform(0, 18, (sets, 1, units))
    a = np.rint(rng.uniform(-1, 1, (sets, steps, units)) * size).astype(np.int64)
    edge = rng.choice([-(2**17), 2**17, 2**17 + 1, 2**18 - 1, 1 - 2**18], a.shape)
    return {
        "decay_u": rng.choice([1, 4096, *rng.integers(1, 4097, 6)], sets),
        "decay_v": rng.choice([0, 4095, *rng.integers(0, 4096, 6)], sets),
        "threshold_mant": (2 ** rng.uniform(0, 17, sets)).astype(np.int64),
        "bias_mant": rng.integers(-4096, 4096, (sets, units)),
        "bias_exp": rng.integers(0, 8, (sets, units)),
        "refractory_steps": rng.choice([0, 0, *rng.integers(0, 63, 2)], sets),
        "a": np.where(rng.random(a.shape) < 0.02, edge, np.clip(a, 1 - 2**18, 2**18 - 1)),
    }


def within_limits(numbers: Numbers) -> Numbers:
    """The same, with less input and bias, so that no limit of any dialect can be passed."""
    u_steps, v_steps = (np.minimum(64, 4096 / np.maximum(numbers[n], 1))[:, None] for n in ("decay_u", "decay_v"))
    largest = np.minimum(2**15 - 1, 2**22 / 64 / (u_steps * v_steps))[:, :, None]
    exponent = np.where(np.abs(numbers["bias_mant"] << numbers["bias_exp"]) * v_steps < 2**21, numbers["bias_exp"], 0)
    a = (numbers["a"] / 2**18 * largest).astype(np.int64)
    return {**numbers, "bias_mant": np.maximum(numbers["bias_mant"], -4095), "bias_exp": exponent, "a": a}


def without(numbers: Numbers, *names: str) -> Numbers:
    """The same with zeros for these."""
    return {**numbers, **{name: np.zeros_like(numbers[name]) for name in names}}


def far_beyond(numbers: Numbers) -> Numbers:
    """The same with five times as much input: more than one turn of u takes back."""
    return {**numbers, "a": numbers["a"] * 5}


def cases_for(dialect: Dialect, rng: np.random.Generator) -> dict[str, Numbers]:
    """Groups of neurons that the package can say: without a bias or a refractory time where it has none."""
    inside, outside = within_limits(lif_numbers(rng)), lif_numbers(rng)
    adapted = {
        "bias_mant": np.clip(outside["bias_mant"], dialect.bias_min, dialect.bias_max),
        "refractory_steps": np.minimum(outside["refractory_steps"], dialect.refractory_max),
    }
    cases = {"shared": without(inside, "bias_mant", "refractory_steps")}
    if dialect.bias_max:
        cases["bias"] = without(inside, "refractory_steps")
    if dialect.refractory_max:
        cases["refractory"] = without(inside, "bias_mant")
    whole = {**outside, **adapted}
    return {**cases, "whole": whole, "beyond": far_beyond(whole)}


def matrices(rng: np.random.Generator) -> Numbers:
    """Weights `(target units, source units)`: one or two sources a target, each sign mode, and out of range."""
    every = np.arange(-256, 255)
    return {
        "mixed": every[:, None],
        "pairs": rng.choice(every, (1000, 2)),
        "positive": np.arange(256)[:, None],
        "negative": -np.arange(256)[:, None],
        "out of range": np.arange(-300, 301)[:, None],
    }


def asked(dialect: Dialect) -> Numbers:
    """All questions to one package."""
    rng = np.random.default_rng(SEED)
    weights, cases = matrices(rng), cases_for(dialect, rng)
    flat = {f"{name}/{key}": value for name, numbers in cases.items() for key, value in numbers.items()}
    lists = {"matrices": [*weights], "cases": [*cases], "exponents": range(-8, 8), "delays": [0, 1, 5, 62, 63, 64]}
    return {**{name: np.array([*entries]) for name, entries in lists.items()}, **weights, **flat}


def python_of(name: str, folder: Path) -> str:
    """The interpreter that holds a package, installed if need be."""
    if name not in ENVIRONMENT:
        return sys.executable
    python = folder / name / "bin" / "python"
    if not python.exists():
        subprocess.run(["uv", "venv", "--python", sys.executable, str(folder / name)], check=True)
    subprocess.run(["uv", "pip", "install", "-q", "--python", str(python), *ENVIRONMENT[name]], check=True)
    return str(python)


def versions(python: str) -> dict[str, str]:
    """What is installed there, as far as it counts here."""
    listed = subprocess.run(["uv", "pip", "freeze", "--python", python], check=True, capture_output=True, text=True)
    pairs = [line.split("==") for line in listed.stdout.splitlines() if "==" in line]
    return {name: version for name, version in pairs if name in NAMES}


def answers(python: str, script: str, questions: Numbers, *arguments: str) -> Numbers:
    """Run a script in an environment, in a process group that is ended with it."""
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder, name)) for name in ("questions.npz", "answers.npz")]
        np.savez(files[0], **questions)
        command = [python, str(SCRIPTS / script), *arguments, *files]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
        worker = subprocess.Popen(command, env=environment, start_new_session=True)
        try:
            code = worker.wait(TIMEOUT_S)
        finally:
            end_group(worker)
        if code:
            raise RuntimeError(f"{script} ended with code {code}")
        return dict(np.load(files[1]))


def end_group(worker: subprocess.Popen[bytes]) -> None:
    """Leave no process behind."""
    try:
        os.killpg(worker.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    worker.wait()


def lif_of(numbers: Numbers) -> Lif:
    """Units in sets: decays and thresholds `(sets, 1)`, biases `(sets, units)`."""
    columns = {name: numbers[name][:, None] for name in ("decay_u", "decay_v", "threshold_mant", "refractory_steps")}
    return Lif(bias_mant=numbers["bias_mant"], bias_exp=numbers["bias_exp"], **columns)


def dialect_traces(dialect: Dialect, numbers: Numbers) -> Numbers:
    """u, v and spikes of a dialect, `(sets, steps, units)`."""
    lif, a = lif_of(numbers), numbers["a"]
    zeros = np.zeros((len(a), a.shape[-1]), np.int64)
    state, rows = LifState(zeros, zeros, zeros), []
    for step in range(a.shape[1]):
        state, spikes = lif_step(dialect, lif, state, a[:, step])
        rows.append((state.u, state.v, spikes))
    return dict(zip(("u", "v", "spikes"), np.array(rows).transpose(1, 2, 0, 3), strict=True))


def kind_traces(numbers: Numbers) -> Numbers:
    """The same of `Cuba` and `Spike`."""
    found = [kind_trace({name: value[row] for name, value in numbers.items()}) for row in range(len(numbers["a"]))]
    return {name: np.array([trace[name] for trace in found]) for name in ("u", "v", "spikes")}


def kind_trace(numbers: Mapping[str, Any]) -> Numbers:
    """u, v and spikes of one set, `(steps, units)`."""
    steps, units = numbers["a"].shape
    filled = {name: np.full(units, numbers[name]) for name in ("decay_u", "decay_v", "threshold_mant")}
    cuba = Cuba(numbers["bias_mant"], numbers["bias_exp"], filled["decay_u"] - 1, filled["decay_v"])
    spike = Spike(filled["threshold_mant"], refractory_steps=int(numbers["refractory_steps"]))
    state: dict[str, Integers] = {name: np.zeros((1, units), np.int64) for name in ("refractory_left", "u", "v")}
    rows: list[list[Integers]] = []
    for step in range(steps):
        integrated = cuba.step({name: state[name] for name in ("u", "v")}, numbers["a"][step : step + 1])
        spikes, state = spike.step({"refractory_left": state["refractory_left"], **integrated}, np.zeros(0, np.int64))
        rows.append([state["u"][0], state["v"][0], spikes[0]])
    return dict(zip(("u", "v", "spikes"), np.array(rows).transpose(1, 0, 2), strict=True))


def first_difference(one: Numbers, other: Numbers) -> Integers:
    """First step at which traces of `(sets, steps, units)` differ, `(sets, units)`; `NEVER` where they don't."""
    differs = np.any([one[name] != other[name] for name in one], axis=0)
    return np.where(differs.any(axis=1), differs.argmax(axis=1), NEVER)


def first_parting(dialect: Dialect, numbers: Numbers) -> tuple[Integers, Integers]:
    """First step at which a limit does something else than in `Cuba` and `Spike`, and the number of that limit."""
    shape = numbers["bias_mant"].shape
    step, limit, now = np.full(shape, NEVER), np.full(shape, NEVER), 0

    def noted(number: int, name: str) -> Callable[[Integers], Integers]:
        def rule(value: Integers) -> Integers:
            mine, shared = getattr(dialect, name)(value), getattr(SHARED, name)(value)
            fresh = (mine != shared) & (step == NEVER)
            step[fresh], limit[fresh] = now, number
            return mine

        return rule

    noting = replace(dialect, **{name: noted(number, name) for number, name in enumerate(LIMITS)})
    state = LifState(*np.zeros((3, *shape), np.int64))
    for now in range(numbers["a"].shape[1]):
        state, _ = lif_step(noting, lif_of(numbers), state, numbers["a"][:, now])
    return step, limit


def neurons_row(dialect: Dialect, numbers: Numbers, found: Numbers) -> dict[str, Any]:
    """How many traces are the dialect's, how many those of `Cuba` and `Spike`, and why the others part."""
    parted, (step, limit) = first_difference(found, kind_traces(numbers)), first_parting(dialect, numbers)
    explained = (parted != NEVER) & (step != NEVER) & (step <= parted)
    causes = Counter([*LIMITS.values()][number] for number in limit[explained].tolist())
    return {
        "neurons": parted.size,
        "steps": numbers["a"].shape[1],
        "as the dialect says": int((first_difference(found, dialect_traces(dialect, numbers)) == NEVER).sum()),
        "as Cuba and Spike": int((parted == NEVER).sum()),
        "limit passed first by the others": dict(sorted(causes.items())),
        "not explained": int((parted != NEVER).sum() - explained.sum()),
        "spikes": int(found["spikes"].sum()),
        "leave 24 bits": int((np.abs(found["u"]) > STATE_MAX + 1).any(axis=1).sum()),
    }


def expected_sum(dialect: Dialect, weights: Integers, exponent: int) -> Integers:
    """Sum where every source sends 1, as the package's accumulator keeps it; `REFUSED` for what it refuses."""
    try:
        total = weighted_sum(dialect, weights, np.ones(weights.shape[1], np.int64), exponent)
    except QuantalError:
        return np.array(REFUSED)
    return dialect.accumulate(total << 6) >> 6


def sums_row(dialect: Dialect, questions: Numbers, found: Numbers) -> dict[str, Any]:
    """Sums of one or two weights at every exponent."""
    total, equal, refused = 0, 0, []
    for name in questions["matrices"].tolist():
        for exponent in questions["exponents"].tolist():
            got, expected = found[f"{name} {exponent}"], expected_sum(dialect, questions[name], exponent)
            total += expected.size
            equal += int((got == expected).sum()) if got.shape == expected.shape else 0
            refused += [f"{name}, exponent {exponent}"] if got.ndim == 0 else []
    return {"sums": total, "as the dialect says": equal, "refused": refused}


def delays_row(dialect: Dialect, questions: Numbers, found: Numbers) -> dict[str, Any]:
    """Steps from a spike to its arrival for each register of the delay."""
    steps = {str(d): int(s) for d, s in zip(questions["delays"], found["arrivals"], strict=True)}
    said = {d: int(d) + 1 if int(d) <= dialect.delay_register_max else REFUSED for d in steps}
    return {"steps of a register": steps, "as the dialect says": steps == said}


def runtime_questions(rng: np.random.Generator, runs: int = RUNS) -> Numbers:
    """Networks for Lava's runtime: sources, weights, neurons."""
    numbers = without(lif_numbers(rng, runs, TARGETS), "refractory_steps")
    return {
        **numbers,
        "source": (rng.random((runs, STEPS, SOURCES)) < 0.3).astype(np.int64),
        "weights": rng.integers(-256, 255, (runs, TARGETS, SOURCES)),
        "exponent": rng.integers(0, 7, runs),
    }


def runtime_row(found: Numbers, questions: Numbers) -> dict[str, Any]:
    """Runs of which u and v equal those of `Cuba` and `Spike` behind a delay of one step."""
    a = np.zeros(found["u"].shape, np.int64)
    for run, exponent in enumerate(questions["exponent"].tolist()):
        arriving = weighted_sum(LAVA, questions["weights"][run], questions["source"][run], exponent)
        a[run, 1:] = arriving[:-1]
    parted = first_difference(found, {k: v for k, v in kind_traces({**questions, "a": a}).items() if k in found})
    return {"runs": len(a), "steps": STEPS, "units": TARGETS, "equal": int((parted == NEVER).all(axis=1).sum())}


def compared(name: str, python: str) -> dict[str, Any]:
    """Ask a package everything and compare."""
    dialect, questions = DIALECTS[name], asked(DIALECTS[name])
    found = answers(python, SCRIPT[name], questions, *(["classes"] if name == LAVA.name else []))
    neurons: dict[str, Any] = {}
    for group in questions["cases"].tolist():
        numbers, got = (
            {key.split("/")[1]: value for key, value in source.items() if key.startswith(f"{group}/")}
            for source in (questions, found)
        )
        neurons[group] = neurons_row(dialect, numbers, got)
    few = np.arange(-7, 8, 2)
    return {
        "versions": versions(python),
        "weights -7 -5 -3 -1 1 3 5 7": found["mixed 0"][few + 256].tolist(),
        "sums": sums_row(dialect, questions, found),
        "delays": delays_row(dialect, questions, found),
        "neurons": neurons,
    }


def main(out: str, folder: str = "~/.cache/quantal/dialects") -> None:
    """Ask every package and write the table."""
    about: dict[str, Any] = {"command": "python bench/dialects.py bench/results/dialects.json", "seed": SEED}
    about |= {"date": time.strftime("%Y-%m-%d"), "python": platform.python_version(), "numpy": np.__version__}
    dialects: dict[str, Any] = {}
    for name in DIALECTS:
        dialects[name] = compared(name, python_of(name, Path(folder).expanduser()))
        print(name, json.dumps(dialects[name], indent=1), flush=True)
    questions = runtime_questions(np.random.default_rng(SEED))
    found = answers(sys.executable, SCRIPT[LAVA.name], questions, "runtime")
    dialects[LAVA.name]["runtime"] = runtime_row(found, questions)
    Path(out).write_text(json.dumps({**about, "dialects": dialects}, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
