"""Networks, traces and checkpoints on disk: one `.safetensors` file each, with a JSON header and a content hash.

Nothing in a file is ever executed. A file that is truncated, edited or written by a newer version is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import Field, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from quantal.neuro.caching import cached_while_alive
from quantal.neuro.errors import QuantalError, type_of
from quantal.neuro.network.arguments import is_default
from quantal.neuro.network.count_network import CountNetwork, Input, Population, Projection, Readout
from quantal.neuro.network.gaps import SparseGaps, with_gaps, without_gaps
from quantal.neuro.network.replace_file import replace_bytes
from quantal.neuro.network.trace import Integers32, Snapshot, Trace, snapshot_problems, trace_problems
from quantal.neuro.network.upgrades import UPGRADES, upgraded
from quantal.neuro.network.verify import verify
from quantal.neuro.neurons import EMISSIONS, INTEGRATIONS
from quantal.neuro.protocols import ADDED_LATER
from quantal.neuro.registry import by_name
from quantal.neuro.synapses import FLOAT_WEIGHTS, WEIGHTS, FloatDense, FloatDiagonal, Sparse
from quantal.neuro.synapses.plasticity import PLASTICITIES, Term

SCHEMA = len(UPGRADES) + 1
HEADER = "quantal"
Tensors = dict[str, NDArray[Any]]
Parts = Mapping[str, Callable[..., Any]]

NOUNS = by_name(CountNetwork, Population, Projection, Input, Readout, Term)


def network_parts() -> Parts:
    """What builds each part that a network file may hold, by its name; inputs hold float weights."""
    registries = (INTEGRATIONS, EMISSIONS, WEIGHTS, FLOAT_WEIGHTS, PLASTICITIES)
    kinds = {name: kind for registry in registries for name, kind in registry.items()}
    return {**NOUNS, **kinds, SparseGaps.__name__: without_gaps}


def save_network(network: CountNetwork, path: str | Path) -> None:
    """Write a network; an existing file is replaced only when the new one is complete."""
    verify(network)
    tensors: Tensors = {}
    write(path, "network", flatten(network, "network", tensors), tensors)


def load_network(path: str | Path) -> CountNetwork:
    """Read a network, and verify it."""
    body, tensors = read(path, "network")
    with refusing(path):
        network = restore(body, tensors, network_parts())
        if not isinstance(network, CountNetwork):
            raise damaged(path, f"holds {type_of(network)}")
        verify(network)
    return network


def save_trace(trace: Trace, path: str | Path) -> None:
    """Write a trace, without the snapshot at its end."""
    tensors: Tensors = {f"message/{name}": value for name, value in trace.messages.items()}
    for name, states in trace.states.items():
        tensors |= {f"state/{name}/{state}": value for state, value in states.items()}
    tensors |= {f"weights/{name}": value for name, value in trace.weights.items()}
    if trace.weights:
        tensors["steps/weights"] = trace.weight_steps
    body = {key: getattr(trace, key) for key in ("network", "backend", "first_step", "first_sample")}
    write(path, "trace", body, {name: in_fewest_bytes(value) for name, value in tensors.items()})


def load_trace(path: str | Path) -> Trace:
    """Read a trace."""
    body, tensors = read(path, "trace")
    with refusing(path):
        messages = tensors_under(tensors, "message")
        trace = Trace(
            **body,
            states=states_by_population(tensors),
            messages=messages,
            end=None,
            weights=tensors_under(tensors, "weights"),
            weight_steps=tensors.get("steps/weights", np.zeros(0, np.int64)).astype(np.int64, casting="safe"),
        )
        for problem in trace_problems(trace):
            raise damaged(path, problem)
    return trace


def save_snapshot(snapshot: Snapshot, path: str | Path) -> None:
    """Write a snapshot, from which a run can be resumed."""
    tensors: Tensors = {f"sent/{name}": value for name, value in snapshot.sent.items()}
    for name, states in snapshot.states.items():
        tensors |= {f"state/{name}/{state}": value for state, value in states.items()}
    tensors |= {f"weights/{name}": value for name, value in snapshot.weights.items()}
    write(path, "snapshot", {"step": snapshot.step}, {name: in_fewest_bytes(value) for name, value in tensors.items()})


def load_snapshot(path: str | Path) -> Snapshot:
    """Read a snapshot, from which a run can be resumed."""
    body, tensors = read(path, "snapshot")
    with refusing(path):
        weights = tensors_under(tensors, "weights")
        snapshot = Snapshot(body["step"], states_by_population(tensors), tensors_under(tensors, "sent"), weights)
        for problem in snapshot_problems(snapshot):
            raise damaged(path, problem)
    return snapshot


def tensors_under(tensors: Tensors, kind: str) -> dict[str, Integers32]:
    """Tensors whose names start with `kind/`, by the rest of the name; they hold integers of at most 32 bits."""
    start = f"{kind}/"
    return {
        name.removeprefix(start): as_int32(name, value) for name, value in tensors.items() if name.startswith(start)
    }


def as_int32(name: str, value: NDArray[Any]) -> Integers32:
    """Integers that were written in fewer bytes; any others are refused."""
    if value.dtype.kind != "i" or value.dtype.itemsize > np.dtype(np.int32).itemsize:
        raise ValueError(f"{name} holds {value.dtype}")
    return value.astype(np.int32)


def states_by_population(tensors: Tensors) -> dict[str, dict[str, Integers32]]:
    """States by population and variable; names of populations may contain slashes, those of variables do not."""
    states: dict[str, dict[str, Integers32]] = {}
    for name, value in tensors_under(tensors, "state").items():
        population, state = name.rsplit("/", 1)
        states.setdefault(population, {})[state] = value
    return states


@cached_while_alive
def content_hash(network: CountNetwork) -> str:
    """SHA-256 of everything that a network holds, the same in memory and on disk."""
    tensors: Tensors = {}
    return digest(flatten(network, "network", tensors), tensors)


def flatten(value: Any, place: str, tensors: Tensors) -> Any:
    """A dataclass as JSON; its arrays go to `tensors` under their place.

    A weight that consists of one array is written as that array; `float_weight` recognises it by its axes.
    """
    if isinstance(value, Sparse):
        return flatten(with_gaps(value), place, tensors)
    if isinstance(value, FloatDense | FloatDiagonal):
        return flatten(value.values(), place, tensors)
    if is_dataclass(value) and not isinstance(value, type):
        inner = {f.name: flatten(getattr(value, f.name), f"{place}.{f.name}", tensors) for f in written_fields(value)}
        return {"part": type(value).__name__, **inner}
    if isinstance(value, np.ndarray):
        tensors[place] = in_fewest_bytes(value)
        return {"tensor": place}
    if isinstance(value, tuple):
        return [flatten(item, f"{place}[{index}]", tensors) for index, item in enumerate(value)]
    if isinstance(value, Mapping):
        return {"map": {key: flatten(item, f"{place}.{key}", tensors) for key, item in value.items()}}
    return value


def written_fields(part: Any) -> list[Field[Any]]:
    """The fields of a dataclass that a file holds: all but those that were added later and have their default value."""
    return [
        each for each in fields(part) if each.metadata != ADDED_LATER or not is_default(each, getattr(part, each.name))
    ]


def restore(value: Any, tensors: Tensors, parts: Parts) -> Any:
    """The inverse of `flatten` for these parts; integers become 64 bits wide."""
    if isinstance(value, list):
        return tuple(restore(item, tensors, parts) for item in value)
    if not isinstance(value, dict):
        return value
    if "tensor" in value:
        array = tensors[value["tensor"]]
        return array.astype(np.int64) if array.dtype.kind == "i" else array
    if "map" in value:
        return {key: restore(item, tensors, parts) for key, item in value["map"].items()}
    return part_named(value["part"], parts)(
        **{key: restore(item, tensors, parts) for key, item in value.items() if key != "part"}
    )


def part_named(name: str, parts: Parts) -> Callable[..., Any]:
    """What builds a part that a file may hold; a `QuantalError` for any other name."""
    if name not in parts:
        raise QuantalError(
            f"the file holds a part of kind {name}, which is not known here",
            expected=f"one of {', '.join(parts)}",
            hint="install the package that it comes from, or update quantal",
        )
    return parts[name]


def in_fewest_bytes(array: NDArray[Any]) -> NDArray[Any]:
    """An array of integers in the smallest type that holds them; other arrays unchanged."""
    if array.dtype.kind != "i":
        return np.ascontiguousarray(array)
    low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
    for kind in (np.int8, np.int16, np.int32, np.int64):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return np.ascontiguousarray(array, kind)
    raise OverflowError(f"no integer type holds {low} to {high}")


def digest(body: Any, tensors: Tensors) -> str:
    """SHA-256 over the JSON body and all tensors with their names, types and shapes."""
    sha = hashlib.sha256(json.dumps(body, sort_keys=True).encode())
    for name in sorted(tensors):
        array = tensors[name]
        sha.update(f"{name} {array.dtype.str} {array.shape}".encode())
        sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()


def file_digest(schema: int, body: Any, tensors: Tensors) -> str:
    """The content hash in a header; from schema 3 on it covers the number of the schema as well."""
    return digest(body if schema < 3 else [schema, body], tensors)


def write(path: str | Path, noun: str, body: Any, tensors: Tensors) -> None:
    """Write a file completely or not at all."""
    header = {"schema": SCHEMA, "noun": noun, "content": file_digest(SCHEMA, body, tensors), "body": body}
    data = save(tensors, metadata={HEADER: json.dumps(header, sort_keys=True)})
    try:
        replace_bytes(Path(path), data)
    except OSError as error:
        raise QuantalError("can't be written", where=str(path), got=str(error)) from error


def read(path: str | Path, noun: str) -> tuple[Any, Tensors]:
    """Check a file and return its JSON body and tensors, upgraded to the current schema.

    A file that is damaged, holds another noun, or is newer than this program is a `QuantalError`.
    """
    if not Path(path).is_file():
        raise QuantalError("no such file", where=str(path), expected=f"a {noun} file")
    with refusing(path):
        with safe_open(str(path), framework="np") as file:
            header = json.loads((file.metadata() or {})[HEADER])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        schema, found, content, body = (header[key] for key in ("schema", "noun", "content", "body"))
    if not isinstance(schema, int) or schema < 1:
        raise damaged(path, f"schema {schema!r}")
    if schema > SCHEMA:
        raise QuantalError(
            "written by a newer version",
            where=str(path),
            expected=f"schema {SCHEMA} or older",
            got=str(schema),
            hint="update quantal to read it",
        )
    if found != noun:
        raise QuantalError("another kind of file", where=str(path), expected=noun, got=str(found))
    if file_digest(schema, body, tensors) != content:
        raise damaged(path, "the content hash does not match")
    with refusing(path):
        return upgraded(schema, noun, body, tensors)


def noun_of(path: Path) -> str:
    """The kind of a file, from its header; `network` without a header, so that `load_network` reports the error."""
    try:
        with safe_open(str(path), framework="np") as file:
            return json.loads((file.metadata() or {})[HEADER])["noun"]
    except (SafetensorError, OSError, ValueError, KeyError, TypeError):
        return "network"


@contextmanager
def refusing(path: str | Path) -> Generator[None]:
    """Turn any error while reading a file into a `QuantalError` that names it."""
    try:
        yield
    except QuantalError:
        raise
    except Exception as error:
        raise damaged(path, f"{type(error).__name__}: {error}") from error


def damaged(path: str | Path, reason: str) -> QuantalError:
    """The error for a file that is truncated, edited or not written by quantal."""
    return QuantalError(
        "not a valid quantal file",
        where=str(path),
        got=reason.splitlines()[0][:200],
        hint="it was truncated, edited, or written by another program; write it again",
    )
