"""How a network differs from the model that it was compiled from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from quantal.commands.console import table


def readable(found: dict[str, Any]) -> list[Any]:
    """A table of layers, and the first difference of each."""
    keys = ("population", "float_spikes", "integer_spikes", "differing")
    rows = [[*(row[key] for key in keys), (row["divergence"] or {"cause": "-"})["cause"]] for row in found["layers"]]
    heads = ["population", "float spikes", "integer spikes", "differing", "cause of the first difference"]
    parts = [table(f"Against {Path(found['model']).name}", heads, rows)]
    parts += [first_difference(row["population"], row["divergence"]) for row in found["layers"] if row["divergence"]]
    return [*parts, f"the same answer for {found['agreement']:.1%} of the samples"]


def first_difference(population: str, divergence: dict[str, Any]) -> str:
    """The first spike that only one of the two networks fires."""
    place = f"step {divergence['step']}, sample {divergence['sample']}, unit {divergence['unit']}"
    potentials = f"{divergence['float_potential']:.5g} in float, {divergence['integer_potential']:.5g} in integers"
    threshold = f"threshold {divergence['threshold']:.5g}"
    return f"{population} first differs at {place} ({divergence['cause']}): {potentials}, {threshold}"
