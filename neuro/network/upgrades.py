"""Files of older schemas, put into the words of this one: one function for each schema, which leads to the next.

Schema 2 has scales where schema 1 had an `lsb` and a `message_unit`, calls the potential of an accumulator `v` instead
of `u`, and names the `architecture` of a classifier instead of its `layout`. A sparse weight of a graph is a
`FloatSparse`, which was `Compressed`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensors = dict[str, NDArray[np.generic]]

SCALES = {"lsb": "state_scale", "message_unit": "message_scale"}
"""Fields of a population in schema 1, and in schema 2."""
ACCUMULATORS = ("Accumulator", "FloatAccumulator")


def upgraded(schema: int, noun: str, body: Any, tensors: Tensors) -> tuple[Any, Tensors]:
    """Body and tensors of a file of an older schema as this version writes them."""
    for upgrade in UPGRADES[schema - 1 :]:
        body, tensors = upgrade(noun, body, tensors)
    return body, tensors


def from_schema_1(noun: str, body: Any, tensors: Tensors) -> tuple[Any, Tensors]:
    """Schema 2 of a file of schema 1."""
    if "populations" in body:
        body = {**body, "populations": [population(entry) for entry in body["populations"]]}
    if noun == "graph":
        body = {**body, "projections": [sparse_renamed(entry) for entry in body["projections"]]}
    if noun == "classifier":
        body = {**body, "settings": renamed(body["settings"], {"layout": "architecture"})}
    if noun in ("trace", "snapshot"):
        tensors = renamed(tensors, potentials(tensors))
    return body, tensors


def population(entry: dict[str, Any]) -> dict[str, Any]:
    """A population of a network or graph with its scales, and its initial potential under the name of potentials."""
    entry = renamed(entry, SCALES)
    if entry["integration"]["part"] in ACCUMULATORS:
        entry["initial"] = {"map": renamed(entry["initial"]["map"], {"u": "v"})}
    return entry


def sparse_renamed(entry: dict[str, Any]) -> dict[str, Any]:
    """A projection of a graph whose weight has its new name if it is sparse."""
    weight = entry["weight"]
    return entry if weight.get("part") != "Compressed" else {**entry, "weight": {**weight, "part": "FloatSparse"}}


def potentials(tensors: Tensors) -> dict[str, str]:
    """Old and new name of each accumulator's state: it is a `u` without a `v` beside it."""
    currents = [name for name in tensors if name.startswith("state/") and name.endswith("/u")]
    new_names = {name: f"{name.removesuffix('u')}v" for name in currents}
    return {old: new for old, new in new_names.items() if new not in tensors}


def renamed(mapping: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """The same mapping with some keys replaced, in the same order."""
    return {names.get(key, key): value for key, value in mapping.items()}


UPGRADES: tuple[Callable[[str, Any, Tensors], tuple[Any, Tensors]], ...] = (from_schema_1,)
"""By the schema that each starts from, schema 1 first."""
