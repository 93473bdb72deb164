"""`NirGraph`: the content of a NIR file, frozen and checked.

NIR is the Neuromorphic Intermediate Representation (Pedersen et al., Nature Communications 15, 8122, 2024): nodes of
17 kinds with parameters in physical units, and edges that carry signals unchanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.errors import QuantalError
from quantal.neuro.nir.primitives import PRIMITIVES

Value: TypeAlias = "NDArray[Any] | str | tuple[str, ...] | Mapping[str, Value]"
"""What a file can hold: numbers (a single one has shape `()`), a text, texts, or any of these by name."""
Metadata = Mapping[str, Value]


@dataclass(frozen=True, eq=False)
class NirNode:
    """One node.

    Parameters
    ----------
    kind
        Name of a NIR primitive, such as `LIF`.
    parameters
        Under NIR's names, in NIR's units, and with the types of the file.
    metadata
        Any other notes; they have no effect, except under the names in `neuro.nir.metadata`.
    """

    kind: str
    parameters: Mapping[str, NDArray[Any] | str]
    metadata: Metadata = field(default_factory=dict[str, Value])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NirNode) and not any(differences(content(self), content(other)))

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class NirGraph:
    """Nodes by name and edges between them; a node may be a graph.

    Two are equal if they hold the same nodes, edges in any order, parameters with their types and shapes, and metadata.

    Parameters
    ----------
    nodes
        Node or graph by name.
    edges
        Names of source and target.
    metadata
        Any other notes.
    version
        Version of the nir package that wrote it, if known; ignored in comparisons.
    """

    nodes: Mapping[str, NirNode | NirGraph]
    edges: tuple[tuple[str, str], ...]
    metadata: Metadata = field(default_factory=dict[str, Value])
    version: str = ""

    def __post_init__(self) -> None:
        for where, problem in problems(self):
            raise QuantalError(problem, where=where)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NirGraph) and not any(differences(content(self), content(other)))

    __hash__ = None  # type: ignore[assignment]

    def into(self, name: str) -> list[str]:
        """Sources of the edges that end at a node."""
        return [source for source, target in self.edges if target == name]

    def out_of(self, name: str) -> list[str]:
        """Targets of the edges that start at a node."""
        return [target for source, target in self.edges if source == name]


def problems(graph: NirGraph) -> Iterator[tuple[str, str]]:
    """Everything that is wrong within a graph: where, and what."""
    for source, target in graph.edges:
        for end in (source, target):
            if end not in graph.nodes:
                yield f"NIR edge {source} → {target}", f"no node {end!r}, expected one of {', '.join(graph.nodes)}"
    for (source, target), count in Counter(graph.edges).items():
        if count > 1:
            yield f"NIR edge {source} → {target}", f"is listed {count} times, expected once"
    for name, node in graph.nodes.items():
        yield from ((f"NIR node {name}", text) for text in PROBLEMS[type(node)](name, node))


def name_problems(name: str) -> Iterator[str]:
    """Names that HDF5 would mistake for a path."""
    if not name or name == "." or "/" in name:
        yield f"a file can't hold the name {name!r}, expected one without a slash"


def node_problems(name: str, node: NirNode) -> Iterator[str]:
    """What is wrong within a node."""
    yield from name_problems(name)
    if node.kind not in PRIMITIVES:
        yield f"NIR has no primitive {node.kind!r}, expected one of {', '.join(PRIMITIVES)}"
        return
    primitive = PRIMITIVES[node.kind]
    for missing in (key for key in primitive.required if key not in node.parameters):
        yield f"a {node.kind} without its {missing}"
    for key, value in node.parameters.items():
        if key not in (*primitive.required, *primitive.optional):
            yield f"{node.kind} has no parameter {key!r}, expected {', '.join(primitive.required)}"
        elif key not in primitive.texts or not isinstance(value, str):
            yield from number_problems(key, value)


def number_problems(key: str, value: Any) -> Iterator[str]:
    """What is wrong with numbers."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "iuf":
        yield f"{key} is {value!r:.60}, expected numbers"
    elif not np.isfinite(value).all():
        place = np.argwhere(~np.isfinite(value))[0]
        yield f"{key}{place.tolist()} is {value[tuple(place)]}, expected a finite number"


def graph_problems(name: str, graph: NirGraph) -> Iterator[str]:
    """What is wrong with the name of an inner graph, whose content has been checked already."""
    yield from name_problems(name)


PROBLEMS: dict[type, Callable[[str, Any], Iterator[str]]] = {NirNode: node_problems, NirGraph: graph_problems}


def content(part: Any) -> Any:
    """The part of a node or graph that is compared, as nested mappings."""
    return CONTENT[type(part)](part)


def node_content(node: NirNode) -> dict[str, Any]:
    """Kind, parameters and metadata."""
    return {"kind": node.kind, "parameters": dict(node.parameters), "metadata": dict(node.metadata)}


def graph_content(graph: NirGraph) -> dict[str, Any]:
    """Nodes, edges and metadata."""
    nodes = {name: content(node) for name, node in graph.nodes.items()}
    return {"nodes": nodes, "edges": tuple(sorted(graph.edges)), "metadata": dict(graph.metadata)}


CONTENT: dict[type, Callable[[Any], dict[str, Any]]] = {NirNode: node_content, NirGraph: graph_content}


def differences(one: Any, other: Any, place: str = "") -> Iterator[str]:
    """Where two contents differ, down to the type and shape of each array; NaN equals nothing."""
    if type(one) is not type(other):
        yield f"{place}: {type(one).__name__} and {type(other).__name__}"
    elif isinstance(one, dict):
        yield from (f"{place}.{key} is on one side only" for key in one.keys() ^ other.keys())
        for key in one.keys() & other.keys():
            yield from differences(one[key], other[key], f"{place}.{key}")
    elif isinstance(one, np.ndarray):
        if one.dtype != other.dtype or not np.array_equal(one, other):
            yield f"{place}: {one.dtype} {one.shape} and {other.dtype} {other.shape}"
    elif one != other:
        yield f"{place}: {one!r} and {other!r}"
