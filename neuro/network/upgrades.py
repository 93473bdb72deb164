"""Upgrade files of older schemas: one function per schema, which leads to the next.

Schema 2 has a `state_scale` and a `message_scale` where schema 1 had an `lsb` and a `message_unit`, `v` instead of `u`
for the potential of an accumulator, `architecture` instead of `layout` for a classifier, and `FloatSparse` instead of
`Compressed` for a sparse weight of a graph.

Schema 3 has projections that learn, or share the weights of one that does; in schema 2 none does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensors = dict[str, NDArray[np.generic]]

SCALES = {"lsb": "state_scale", "message_unit": "message_scale"}
"""Fields of a population in schema 1 and their names in schema 2."""
ACCUMULATORS = ("Accumulator", "FloatAccumulator")


def upgraded(schema: int, noun: str, body: Any, tensors: Tensors) -> tuple[Any, Tensors]:
    """Body and tensors of a file of an older schema, upgraded to the current one."""
    for upgrade in UPGRADES[schema - 1 :]:
        body, tensors = upgrade(noun, body, tensors)
    return body, tensors


def from_schema_1(noun: str, body: Any, tensors: Tensors) -> tuple[Any, Tensors]:
    """Upgrade a file from schema 1 to schema 2."""
    if "populations" in body:
        body = {**body, "populations": [population(entry) for entry in body["populations"]]}
    if noun == "graph":
        body = {**body, "projections": [sparse_renamed(entry) for entry in body["projections"]]}
    if noun == "classifier":
        body = {**body, "settings": renamed(body["settings"], {"layout": "architecture"})}
    if noun in ("trace", "snapshot"):
        tensors = renamed(tensors, potentials(tensors))
    return body, tensors


def from_schema_2(noun: str, body: Any, tensors: Tensors) -> tuple[Any, Tensors]:
    """Upgrade a file from schema 2 to schema 3: whatever a part of schema 2 lacks has its default value."""
    return body, tensors


def population(entry: dict[str, Any]) -> dict[str, Any]:
    """A population of a network or graph with its scales, and with its initial potential named `v`."""
    entry = renamed(entry, SCALES)
    if entry["integration"]["part"] in ACCUMULATORS:
        entry["initial"] = {"map": renamed(entry["initial"]["map"], {"u": "v"})}
    return entry


def sparse_renamed(entry: dict[str, Any]) -> dict[str, Any]:
    """A projection of a graph, with the new name of its weight if that is sparse."""
    weight = entry["weight"]
    return entry if weight.get("part") != "Compressed" else {**entry, "weight": {**weight, "part": "FloatSparse"}}


def potentials(tensors: Tensors) -> dict[str, str]:
    """Old and new name of each accumulator's state, which is a `u` without a `v` beside it."""
    currents = [name for name in tensors if name.startswith("state/") and name.endswith("/u")]
    new_names = {name: f"{name.removesuffix('u')}v" for name in currents}
    return {old: new for old, new in new_names.items() if new not in tensors}


def renamed(mapping: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """The same mapping with some keys replaced, in the same order."""
    return {names.get(key, key): value for key, value in mapping.items()}


UPGRADES: tuple[Callable[[str, Any, Tensors], tuple[Any, Tensors]], ...] = (from_schema_1, from_schema_2)
"""Upgrades in order of the schema that they start from, schema 1 first."""
