"""What a network lost on its way from the model that it was made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from quantal.commands.console import table


def readable(found: dict[str, Any]) -> list[Any]:
    """A table of layers, and what made each part."""
    keys = ("population", "float_spikes", "integer_spikes", "differing")
    rows = [[*(row[key] for key in keys), (row["parting"] or {"cause": "-"})["cause"]] for row in found["layers"]]
    heads = ["population", "float spikes", "integer spikes", "differing", "cause of the first"]
    parts = [table(f"Against {Path(found['model']).name}", heads, rows)]
    parts += [first_difference(row["population"], row["parting"]) for row in found["layers"] if row["parting"]]
    return [*parts, f"the same answer for {found['same_answers']:.1%} of the samples"]


def first_difference(population: str, parting: dict[str, Any]) -> str:
    """The first spike that only one of the two has."""
    place = f"step {parting['step']}, sample {parting['sample']}, unit {parting['unit']}"
    potentials = f"{parting['float_potential']:.5g} in float, {parting['integer_potential']:.5g} in integers"
    return (
        f"{population} parts first at {place} ({parting['cause']}): {potentials}, threshold {parting['threshold']:.5g}"
    )
