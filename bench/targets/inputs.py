"""Targets of the first layer on the chip: accuracy beside that with a current from the host, and throughput."""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import mean
from typing import Any

from quantal.bench.record import read_record
from quantal.bench.targets.target import Target, at_least, at_most

INPUTS = "python -m quantal.bench.experiments.inputs"
BRAILLE = "python -m quantal.bench.experiments.braille"
THROUGHPUT = "python -m quantal.bench.experiments.throughput"

RECIPES = ("mnist-conv", "mnist-mlp", "mnist-mlp-rate", "mnist-mlp-latency", "mnist-rows", "ecg-beats")
LOST_BY_ROUNDING, LOST_AFTER_TUNING, TIMES_FASTER = 0.005, 0.002, 5.0
STAGES = {"integer": ("rounded to 8 bits", LOST_BY_ROUNDING), "tuned": ("trained in integers", LOST_AFTER_TUNING)}
"""Stage of a network to its name and the largest loss of accuracy."""
ON_CHIP, ON_HOST = "8 bits", "8 bits, input from the host"
"""Names of the compiled networks of letters."""


def input_targets() -> Iterator[Target]:
    """All targets of the first layer on the chip, from their records."""
    yield from recipe_targets(read_record("inputs"))
    yield from braille_targets(read_record("braille"))
    yield throughput_target(read_record("throughput"))


def recipe_targets(record: dict[str, Any]) -> Iterator[Target]:
    """Accuracy lost on the chip by each recipe, averaged over seeds, and the share that stays on the host."""
    for recipe in RECIPES:
        rows = [row for row in record.get("rows", []) if without_seed(row["model"]) == recipe]
        for stage, (name, limit) in STAGES.items():
            lost = mean(row["host"][stage] - row["chip"][stage] for row in rows) if rows else None
            yield at_most(f"{recipe}, {name}: accuracy lost by input on the chip", lost, limit, INPUTS, "recorded")
        share = max((row["chip"]["host_share"] for row in rows), default=None)
        yield at_most(f"{recipe}: share of synapses on the host", share, 0, INPUTS, "recorded")


def without_seed(model: str) -> str:
    """The recipe of a model whose name may end with a seed."""
    return re.sub(r"-\d+$", "", model)


def braille_targets(record: dict[str, Any]) -> Iterator[Target]:
    """Accuracy on letters of which half of all events are missing and the others moved."""
    shares: dict[str, float] = record.get("varied", {}).get("accuracy", {})
    lost = shares[ON_HOST] - shares[ON_CHIP] if shares else None
    name = "Braille graph, rounded to 8 bits: accuracy lost by input on the chip"
    yield at_most(name, lost, LOST_BY_ROUNDING, BRAILLE, "recorded")
    on_host = record.get("host_share", {}).get(ON_CHIP)
    yield at_most("Braille graph: share of synapses on the host", on_host, 0, BRAILLE, "recorded")


def throughput_target(record: dict[str, Any]) -> Target:
    """Images per second with the first layer on the chip, against Norse in one run."""
    times = record.get("times_faster") if record.get("host_share", {}).get("chip") == 0 else None
    name = "MNIST conv, input on the chip, on the engine against Norse in torch, times faster"
    return at_least(name, times, TIMES_FASTER, THROUGHPUT, "recorded")
