"""Compare each package with its dialect: the same random questions to the package and to `neuro.dialects`.

    python -m quantal.bench.peers.dialects bench/results/dialects.json [folder for environments]

makes an environment for each package that is not installed here, puts the questions to it (weights, sums, delays,
10 000 neurons over 64 steps in each group of cases, 50 networks in Lava's runtime), and records what is equal and what
differs from `Cuba` and `Spike`, with the limit that was exceeded first. Takes about ten minutes.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from quantal.bench.peers.answers import SCRIPT, answers, python_of, versions
from quantal.bench.peers.expected import (
    LIMITS,
    NEVER,
    REFUSED,
    dialect_traces,
    expected_sum,
    first_departure,
    first_difference,
    kind_traces,
)
from quantal.bench.peers.questions import SEED, STEPS, TARGETS, Numbers, questions_for, runtime_questions
from quantal.bench.record import write_record
from quantal.neuro.arithmetic import STATE_MAX
from quantal.neuro.dialects import DIALECTS, LAVA, Dialect, weighted_sum


def neurons_row(dialect: Dialect, numbers: Numbers, found: Numbers) -> dict[str, Any]:
    """Count the traces equal to the dialect and those equal to `Cuba` and `Spike`; explain why the others differ."""
    differs, (step, limit) = first_difference(found, kind_traces(numbers)), first_departure(dialect, numbers)
    explained = (differs != NEVER) & (step != NEVER) & (step <= differs)
    causes = Counter([*LIMITS.values()][number] for number in limit[explained].tolist())
    return {
        "neurons": differs.size,
        "steps": numbers["a"].shape[1],
        "as the dialect says": int((first_difference(found, dialect_traces(dialect, numbers)) == NEVER).sum()),
        "as Cuba and Spike": int((differs == NEVER).sum()),
        "limit passed first by the others": dict(sorted(causes.items())),
        "not explained": int((differs != NEVER).sum() - explained.sum()),
        "spikes": int(found["spikes"].sum()),
        "leave 24 bits": int((np.abs(found["u"]) > STATE_MAX + 1).any(axis=1).sum()),
    }


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
    """Steps from a spike to its arrival, for each value of the delay register."""
    steps = {str(d): int(s) for d, s in zip(questions["delays"], found["arrivals"], strict=True)}
    expected = {d: int(d) + 1 if int(d) <= dialect.delay_register_max else REFUSED for d in steps}
    return {"steps of a register": steps, "as the dialect says": steps == expected}


def runtime_row(found: Numbers, questions: Numbers) -> dict[str, Any]:
    """Count the runs whose u and v equal those of `Cuba` and `Spike` after a delay of one step."""
    a = np.zeros(found["u"].shape, np.int64)
    for run, exponent in enumerate(questions["exponent"].tolist()):
        arriving = weighted_sum(LAVA, questions["weights"][run], questions["source"][run], exponent)
        a[run, 1:] = arriving[:-1]
    differs = first_difference(found, {k: v for k, v in kind_traces({**questions, "a": a}).items() if k in found})
    return {"runs": len(a), "steps": STEPS, "units": TARGETS, "equal": int((differs == NEVER).all(axis=1).sum())}


def compared(name: str, python: str) -> dict[str, Any]:
    """Put all questions to a package and compare its answers."""
    dialect, questions = DIALECTS[name], questions_for(DIALECTS[name])
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
    """Put the questions to every package and write the table."""
    dialects: dict[str, Any] = {}
    for name in DIALECTS:
        dialects[name] = compared(name, python_of(name, Path(folder).expanduser()))
        print(name, json.dumps(dialects[name], indent=1), flush=True)
    questions = runtime_questions(np.random.default_rng(SEED))
    found = answers(sys.executable, SCRIPT[LAVA.name], questions, "runtime")
    dialects[LAVA.name]["runtime"] = runtime_row(found, questions)
    command = "python -m quantal.bench.peers.dialects bench/results/dialects.json"
    write_record(out, command, SEED, {"dialects": dialects})


if __name__ == "__main__":
    main(*sys.argv[1:])
