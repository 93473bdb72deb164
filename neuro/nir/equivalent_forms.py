"""Which of several equivalent forms of a network a file uses, so that it can be written in the same form again.

A resistance and the incoming weights only act as a product. A matrix without bias may be a Linear or an Affine, and
numbers that fit in 32 bits may be stored in 32 bits. A graph keeps the choices of its file as texts in its provenance:
`input`, `r` and `w_in` (one number, or one by population, in JSON), `dtype` and `matrices`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quantal.neuro.compile.importing.time_constants import NOTES
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import Graph
from quantal.neuro.nir.nir_graph import NirGraph, NirNode
from quantal.neuro.nir.primitives.neurons import ROUNDING
from quantal.neuro.nir.shapes import node_of

FROM_FILE = ("format", "nir_version", "input", "r", "w_in", "dtype", "matrices", "dt_s", NOTES)
"""Names in provenance that do not come from the texts of a file's metadata."""


@dataclass(frozen=True)
class Factors:
    """A time step in seconds, and `r` and `w_in` by population; missing ones are chosen to cancel the leak."""

    dt_s: float
    r: Mapping[str, float]
    w_in: Mapping[str, float]


def provenance_of(
    nir_graph: NirGraph, inlined: NirGraph, inputs: Sequence[str], neurons: Sequence[str]
) -> dict[str, str]:
    """Texts of a file's metadata, and the forms of its nodes once inner graphs are inlined."""
    other = {key: value for key, value in nir_graph.metadata.items() if key not in (*FROM_FILE, "name")}
    texts = {key: value for key, value in other.items() if isinstance(value, str)}
    only = {"input": inputs[0]} if len(inputs) == 1 else {}
    nodes = {name: node_of(inlined, name) for name in inlined.nodes}
    factors = {key: factor_text([nodes[name] for name in neurons], neurons, key) for key in ("r", "w_in")}
    known = {key: text for key, text in factors.items() if text}
    file_format = {"format": "NIR", "nir_version": nir_graph.version}
    return {**texts, **file_format, **only, **known, **node_forms([*nodes.values()])}


def node_forms(nodes: Sequence[NirNode]) -> dict[str, str]:
    """Whether numbers are stored in 32 bits, and whether every matrix is an Affine."""
    arrays = [value for node in nodes for value in node.parameters.values() if isinstance(value, np.ndarray)]
    dtype = {"dtype": "float32"} if any(array.dtype == np.float32 for array in arrays) else {}
    kinds = {node.kind for node in nodes}
    return {**dtype, "matrices": "Affine"} if "Affine" in kinds and "Linear" not in kinds else dtype


def factor_text(nodes: Sequence[NirNode], names: Sequence[str], key: str) -> str:
    """A parameter as JSON: one number if all nodes share it, else one per node whose units do; empty if none."""
    holders = {name: node.parameters[key] for name, node in zip(names, nodes, strict=True) if key in node.parameters}
    each = {name: float(np.ravel(value)[0]) for name, value in holders.items() if np.unique(value).size == 1}
    each = {name: value for name, value in each.items() if value}
    same = len({*each.values()}) == 1 and len(each) == len(holders)
    return json.dumps(next(iter(each.values())) if same else each) if each else ""


def factors_of(graph: Graph, dt_s: float) -> Factors:
    """The time step, and the factors of the file from which a graph was read."""
    return Factors(dt_s, *(factor_by_population(graph, name) for name in ("r", "w_in")))


def factor_by_population(graph: Graph, name: str) -> dict[str, float]:
    """`r` or `w_in` by population, as provenance states it."""
    text = graph.provenance.get(name, "{}")
    try:
        given = json.loads(text)
        each: Any = given if isinstance(given, dict) else {entry.name: given for entry in graph.populations}
        found = {str(key): float(value) for key, value in each.items()}
    except (TypeError, ValueError):
        found = {"": 0.0}
    if not all(np.isfinite(value) and value != 0 for value in found.values()):
        raise QuantalError(
            "a factor that no unit can have",
            where=f"provenance of graph {graph.name}",
            expected=f"{name} as a number other than 0, or one by population, in JSON",
            got=text,
        )
    return found


def other_provenance(graph: Graph) -> dict[str, str]:
    """The texts of a graph's provenance that don't describe the form of a file."""
    return {name: text for name, text in graph.provenance.items() if name not in FROM_FILE}


def with_precision_of_file(graph: Graph, node: NirNode) -> NirNode:
    """A node with numbers in the precision of the file from which the graph was read, where that loses nothing."""
    return PRECISIONS.get(graph.provenance.get("dtype", ""), unchanged)(node)


def unchanged(node: NirNode) -> NirNode:
    """The node itself."""
    return node


def in_single_precision(node: NirNode) -> NirNode:
    """A node whose arrays of 64-bit floats are in 32 bits where that changes no number by more than rounding."""
    return replace(node, parameters={name: float32_if_lossless(value) for name, value in node.parameters.items()})


def float32_if_lossless(value: Any) -> Any:
    """An array of 64-bit floats in 32 bits if that changes them by no more than rounding; anything else unchanged."""
    if isinstance(value, str) or value.dtype != np.float64:
        return value
    with np.errstate(over="ignore"):
        single = value.astype(np.float32)
    return single if (np.abs(value - single) <= ROUNDING * np.abs(value)).all() else value


PRECISIONS: dict[str, Callable[[NirNode], NirNode]] = {"float32": in_single_precision}
"""Type of the numbers in a file to the function that restores it."""
