"""The questions to every package: random weights, exponents, delays, and neurons with their input."""

from __future__ import annotations

import numpy as np

from quantal.neuro.dialects import Dialect

SEED, SETS, UNITS, STEPS = 0, 500, 20, 64
RUNS, SOURCES, TARGETS = 50, 16, 8
Numbers = dict[str, np.ndarray]


def lif_numbers(rng: np.random.Generator, sets: int = SETS, units: int = UNITS, steps: int = STEPS) -> Numbers:
    """Neurons and input from the whole legal range, some of it right at the limit of 24 bits."""
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
    """The same neurons with less input and bias, so that no limit of any dialect is exceeded."""
    u_steps, v_steps = (np.minimum(64, 4096 / np.maximum(numbers[n], 1))[:, None] for n in ("decay_u", "decay_v"))
    largest = np.minimum(2**15 - 1, 2**22 / 64 / (u_steps * v_steps))[:, :, None]
    exponent = np.where(np.abs(numbers["bias_mant"] << numbers["bias_exp"]) * v_steps < 2**21, numbers["bias_exp"], 0)
    a = (numbers["a"] / 2**18 * largest).astype(np.int64)
    return {**numbers, "bias_mant": np.maximum(numbers["bias_mant"], -4095), "bias_exp": exponent, "a": a}


def without(numbers: Numbers, *names: str) -> Numbers:
    """The same numbers, with these set to zero."""
    return {**numbers, **{name: np.zeros_like(numbers[name]) for name in names}}


def far_beyond(numbers: Numbers) -> Numbers:
    """The same neurons with five times the input, which is more than wrapping u once can bring back into range."""
    return {**numbers, "a": numbers["a"] * 5}


def cases_for(dialect: Dialect, rng: np.random.Generator) -> dict[str, Numbers]:
    """Groups of neurons that the package can express, without bias or refractory time if it has none."""
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
    """Weights `(target units, source units)`: one or two sources per target, each sign mode, and out of range."""
    every = np.arange(-256, 255)
    return {
        "mixed": every[:, None],
        "pairs": rng.choice(every, (1000, 2)),
        "positive": np.arange(256)[:, None],
        "negative": -np.arange(256)[:, None],
        "out of range": np.arange(-300, 301)[:, None],
    }


def questions_for(dialect: Dialect) -> Numbers:
    """All questions to one package."""
    rng = np.random.default_rng(SEED)
    weights, cases = matrices(rng), cases_for(dialect, rng)
    flat = {f"{name}/{key}": value for name, numbers in cases.items() for key, value in numbers.items()}
    lists = {"matrices": [*weights], "cases": [*cases], "exponents": range(-8, 8), "delays": [0, 1, 5, 62, 63, 64]}
    return {**{name: np.array([*entries]) for name, entries in lists.items()}, **weights, **flat}


def runtime_questions(rng: np.random.Generator, runs: int = RUNS) -> Numbers:
    """Networks for Lava's runtime: source spikes, weights and neurons."""
    numbers = without(lif_numbers(rng, runs, TARGETS), "refractory_steps")
    return {
        **numbers,
        "source": (rng.random((runs, STEPS, SOURCES)) < 0.3).astype(np.int64),
        "weights": rng.integers(-256, 255, (runs, TARGETS, SOURCES)),
        "exponent": rng.integers(0, 7, runs),
    }
