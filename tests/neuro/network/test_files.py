"""Networks, traces and snapshots come back as they were, or not at all."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from quantal.neuro.errors import QuantalError
from quantal.neuro.network import files
from quantal.neuro.network.count_network import CountNetwork, Input, Population, Projection, Readout
from quantal.neuro.network.files import (
    content_hash,
    digest,
    load_network,
    load_snapshot,
    load_trace,
    save_network,
    save_snapshot,
    save_trace,
)
from quantal.neuro.network.gaps import with_gaps, without_gaps
from quantal.neuro.network.trace import Recording, Trace
from quantal.neuro.neurons import Accumulator, Graded, Memoryless, PoissonCount
from quantal.neuro.simulate.reference import run
from quantal.neuro.synapses import Dense, FloatConvolution, Sparse

from support.networks import Case, everything_drive, everything_network, random_networks
from support.traces import assert_same_record, assert_same_snapshot


def small_network(name: str = "small") -> CountNetwork:
    return CountNetwork(
        name,
        (Population("p/q", 2, Accumulator(np.array([1, -2])), Graded(14), {"v": np.array([3, 4])}, state_scale=0.1),),
        (Projection("self", "p/q", "p/q", Dense(np.array([[2, -4], [0, 6]])), 3, 1),),
        (Input("x", "p/q", np.array([0.5, 0.25])),),
        (Readout("y", "p/q", np.array([[1.5, -2.5]])),),
        seed=2**64 - 1,
        sample_shape=(1, 2),
        provenance={"from": "a test"},
    )


def small_trace() -> Trace:
    return run(small_network(), {"p/q": np.array([[5, -6]])}, 4, first_sample=2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "part.safetensors"


def refusal(call: Callable[..., Any], *arguments: Any) -> str:
    with pytest.raises(QuantalError) as caught:
        call(*arguments)
    assert str(caught.value).count("\n") <= 2
    return str(caught.value)


# Round trips


@pytest.mark.parametrize("network", [small_network(), everything_network()])
def test_a_network_comes_back(network: CountNetwork, path: Path):
    save_network(network, path)
    loaded = load_network(path)
    assert content_hash(loaded) == content_hash(network)
    assert loaded.seed == network.seed
    assert loaded.sample_shape == network.sample_shape
    for got, expected in zip(loaded.populations, network.populations, strict=True):
        assert (got.name, type(got.integration), type(got.emission)) == (
            expected.name, type(expected.integration), type(expected.emission),
        )  # fmt: skip
        np.testing.assert_array_equal(got.integration.bias, expected.integration.bias, strict=True)


def test_a_convolution_of_gains_comes_back(path: Path):
    gain = FloatConvolution(np.array([[[[1.0, 0.5]]]]), (1, 1, 3), padding=(0, 0))
    network = replace(small_network(), inputs=(Input("x", "p/q", gain),))
    save_network(network, path)
    assert content_hash(load_network(path)) == content_hash(network)


def test_a_network_that_came_back_runs_the_same(path: Path):
    save_network(everything_network(), path)
    drive = everything_drive(2, 8)
    assert_same_record(run(load_network(path), drive, 8), run(everything_network(), drive, 8))


@settings(max_examples=50, deadline=None)
@given(random_networks())
def test_random_networks_and_their_runs_come_back(tmp_path_factory: pytest.TempPathFactory, case: Case):
    path = tmp_path_factory.getbasetemp() / "random.safetensors"
    save_network(case.network, path)
    assert content_hash(load_network(path)) == content_hash(case.network)
    trace = run(case.network, case.drive, case.steps, first_sample=case.first_sample)
    save_trace(trace, path)
    assert_same_record(load_trace(path), trace)
    save_snapshot(trace.end, path)
    assert_same_snapshot(load_snapshot(path), trace.end)


def test_a_trace_comes_back_without_its_end(path: Path):
    trace = small_trace()
    save_trace(trace, path)
    loaded = load_trace(path)
    assert loaded.end is None
    assert (loaded.network, loaded.backend, loaded.first_step, loaded.first_sample) == (
        content_hash(small_network()), "reference", 0, 2,
    )  # fmt: skip
    assert_same_record(loaded, trace)


def test_a_trace_of_the_last_sample_comes_back(path: Path):
    trace = run(small_network(), {"p/q": np.zeros((1, 2), np.int64)}, 3, first_sample=2**64 - 1)
    save_trace(trace, path)
    assert_same_record(load_trace(path), trace)


def test_a_trace_of_nothing_comes_back(path: Path):
    save_trace(run(small_network(), {"p/q": np.zeros((1, 2), np.int64)}, 3, Recording((), ())), path)
    assert load_trace(path).messages == {}


def test_a_snapshot_comes_back(path: Path):
    save_snapshot(small_trace().end, path)
    assert_same_snapshot(load_snapshot(path), small_trace().end)


def test_integers_take_the_fewest_bytes(path: Path):
    large = Dense(np.full((100, 100), 3))
    zero = np.zeros(100, np.int64)
    population = Population("p", 100, Memoryless(zero, -100, 100), Graded())
    save_network(CountNetwork("n", (population,), (Projection("p", "p", "p", large),)), path)
    assert path.stat().st_size < 13_000


# The content hash


def with_population(**changes: Any) -> CountNetwork:
    network = small_network()
    return replace(network, populations=(replace(network.populations[0], **changes),))


def with_projection(**changes: Any) -> CountNetwork:
    network = small_network()
    return replace(network, projections=(replace(network.projections[0], **changes),))


CHANGES = [
    small_network("other"),
    replace(small_network(), seed=1),
    replace(small_network(), sample_shape=(2, 1)),
    replace(small_network(), provenance={"from": "another"}),
    replace(small_network(), dialect="other"),
    replace(small_network(), inputs=()),
    replace(small_network(), inputs=(Input("x", "p/q", np.array([0.5, 0.250001])),)),
    replace(small_network(), readouts=(Readout("z", "p/q", np.array([[1.5, -2.5]])),)),
    with_population(state_scale=0.2),
    with_population(message_scale=2.0),
    with_population(initial={}),
    with_population(initial={"v": np.array([3, 5])}),
    with_population(emission=Graded(14, 1)),
    with_population(emission=PoissonCount(np.array([[1]]), 0, 0)),
    with_population(integration=Accumulator(np.array([1, -2]), decay=1)),
    with_population(integration=Memoryless(np.array([1, -2]))),
    with_projection(delay_steps=2),
    with_projection(exponent=0),
    with_projection(weight=Dense(np.array([[2, -4], [2, 6]]))),
    with_projection(weight=Sparse(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([2, -4, 6]), 2, 2)),
]


def test_the_content_hash_changes_with_anything():
    hashes = [content_hash(network) for network in [small_network(), *CHANGES]]
    assert len(set(hashes)) == len(hashes)


def test_the_content_hash_is_that_of_equal_networks():
    assert content_hash(small_network()) == content_hash(small_network())


def test_the_content_hash_is_the_same_on_every_version():
    """A changed hash would separate every existing trace from its network."""
    assert content_hash(small_network()) == "cc8b2d4148bd2ac8a2d72569939aef23371db5c1665f945a1cde43a77c9630dd"


# Damage


LOADS: dict[str, tuple[Callable[[Path], None], Callable[[Path], Any]]] = {
    "network": (lambda path: save_network(small_network(), path), load_network),
    "trace": (lambda path: save_trace(small_trace(), path), load_trace),
    "snapshot": (lambda path: save_snapshot(small_trace().end, path), load_snapshot),
}
every_noun = pytest.mark.parametrize("noun", LOADS)


@every_noun
def test_a_file_cut_at_any_byte_is_refused(noun: str, path: Path):
    write, load = LOADS[noun]
    write(path)
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        assert "not a valid quantal file" in refusal(load, path)


@every_noun
def test_a_file_with_trailing_bytes_is_refused(noun: str, path: Path):
    write, load = LOADS[noun]
    write(path)
    path.write_bytes(path.read_bytes() + b"\0")
    assert "not a valid quantal file" in refusal(load, path)


@every_noun
def test_a_file_with_any_bit_flipped_is_refused(noun: str, path: Path):
    write, load = LOADS[noun]
    write(path)
    whole = path.read_bytes()
    for place in range(len(whole)):
        for bit in (1, 1 << place % 7 + 1):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
            refusal(load, path)


@settings(max_examples=300, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(1, 255))
def test_a_changed_byte_never_changes_what_is_read(tmp_path_factory: pytest.TempPathFactory, place: float, byte: int):
    """Only white space of the header may become other white space."""
    path = tmp_path_factory.getbasetemp() / "changed.safetensors"
    save_network(small_network(), path)
    whole = bytearray(path.read_bytes())
    whole[int(place * len(whole))] ^= byte
    path.write_bytes(whole)
    with suppress(QuantalError):
        assert content_hash(load_network(path)) == content_hash(small_network())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello, this is text",
        json.dumps({"quantal": {}}).encode(),
        pickle.dumps({"weights": [1, 2, 3]}),
        b"\x80\x04cos\nsystem\n(S'touch executed'\ntR.",
        b"PK\x03\x04" + bytes(100),
        b"\x93NUMPY" + bytes(100),
        bytes(1000),
        b"\xff" * 1000,
        (2**63).to_bytes(8, "little") + b"{}",
        (40).to_bytes(8, "little") + b"[" * 40,
    ],
)
@every_noun
def test_other_files_are_refused_unread(noun: str, content: bytes, path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(path.parent)
    path.write_bytes(content)
    assert "not a valid quantal file" in refusal(LOADS[noun][1], path)
    assert os.listdir(path.parent) == [path.name]


def write_header(path: Path, **changes: Any) -> None:
    """A file of the right form whose header has other entries; the hash is right unless given."""
    body = changes.get("body", {"step": 1})
    tensors = changes.pop("tensors", {})
    header = {"schema": files.SCHEMA, "noun": "snapshot", "content": "", "body": body, **changes}
    header["content"] = changes.get("content", files.file_digest(files.SCHEMA, body, tensors))
    path.write_bytes(save(tensors, metadata={files.HEADER: json.dumps(header)}))


SNAPSHOT = {"state/a/v": np.zeros((2, 3), np.int8), "sent/a": np.zeros((1, 2, 3), np.int8)}
TRACE = {"message/a": np.zeros((4, 2, 3), np.int8), "state/a/v": np.zeros((4, 2, 3), np.int16)}
BODY = {"network": "ab", "backend": "engine", "first_step": 0, "first_sample": 0}


@pytest.mark.parametrize(
    ("body", "tensors", "text"),
    [
        ({"step": 1.0}, {}, "step is 1.0, expected a whole number from 0"),
        ({"step": "1"}, {}, "step is '1', expected a whole number from 0"),
        ({"step": -1}, {}, "step is -1, expected a whole number from 0"),
        ({}, {"state/a/v": np.zeros((2, 3))}, "state/a/v holds float64"),
        ({}, {"state/a/v": np.zeros((2, 3), np.int64)}, "state/a/v holds int64"),
        ({}, {"sent/a": np.zeros((1, 2, 3), np.uint8)}, "sent/a holds uint8"),
        ({}, {"state/a/v": np.zeros(3, np.int8)}, "a.v is (3,), expected (batch, units)"),
        ({}, {"sent/b": np.zeros((1, 4, 3), np.int8)}, "b is (1, 4, 3), expected (longest delay, batch, units)"),
    ],
)
def test_a_snapshot_of_wrong_types_with_the_right_hash_is_refused(path: Path, body: dict, tensors: dict, text: str):
    write_header(path, body={"step": 1}, tensors=dict(SNAPSHOT))
    assert load_snapshot(path).step == 1
    write_header(path, body={"step": 1, **body}, tensors={**SNAPSHOT, **tensors})
    assert text in refusal(load_snapshot, path)


@pytest.mark.parametrize(
    ("body", "tensors", "text"),
    [
        ({"network": 5}, {}, "network is 5, expected a text"),
        ({"backend": None}, {}, "backend is None, expected a text"),
        ({"first_step": 0.5}, {}, "first_step is 0.5, expected a whole number from 0"),
        ({"first_sample": [1]}, {}, "first_sample is [1], expected a whole number from 0"),
        ({"more": 1}, {}, "TypeError"),
        ({}, {"message/a": np.zeros((4, 2, 3), np.float32)}, "message/a holds float32"),
        ({}, {"message/b": np.zeros((5, 2, 3), np.int8)}, "b is (5, 2, 3), expected (steps, batch, units)"),
        ({}, {"state/a/v": np.zeros((4, 2), np.int8)}, "a.v is (4, 2), expected (steps, batch, units)"),
    ],
)
def test_a_trace_of_wrong_types_with_the_right_hash_is_refused(path: Path, body: dict, tensors: dict, text: str):
    write_header(path, noun="trace", body=BODY, tensors=dict(TRACE))
    assert load_trace(path).first_step == 0
    write_header(path, noun="trace", body={**BODY, **body}, tensors={**TRACE, **tensors})
    assert text in refusal(load_trace, path)


def test_tensors_without_our_header_are_refused(path: Path):
    path.write_bytes(save({"x": np.zeros(3)}))
    assert "not a valid quantal file" in refusal(load_snapshot, path)


def test_a_file_of_a_newer_version_says_so(path: Path):
    write_header(path, schema=files.SCHEMA + 1, noun="hologram", content="", body=None)
    assert refusal(load_snapshot, path) == (
        f"{path}: written by a newer version\n"
        f"  expected schema {files.SCHEMA} or older, got {files.SCHEMA + 1}\n"
        "  update quantal to read it"
    )


@pytest.mark.parametrize("schema", [0, -1, "1", None, 1.5])
def test_a_file_of_no_version_is_refused(schema: Any, path: Path):
    write_header(path, schema=schema)
    assert "not a valid quantal file" in refusal(load_snapshot, path)


@pytest.mark.parametrize(("noun", "wanted"), [("network", "trace"), ("trace", "snapshot"), ("snapshot", "network")])
def test_a_file_of_another_noun_says_so(noun: str, wanted: str, path: Path):
    LOADS[noun][0](path)
    assert refusal(LOADS[wanted][1], path) == f"{path}: another kind of file\n  expected {wanted}, got {noun}"


@pytest.mark.parametrize("missing", ["schema", "noun", "content", "body"])
def test_a_header_that_lacks_an_entry_is_refused(missing: str, path: Path):
    header = {"schema": 1, "noun": "snapshot", "content": digest({"step": 1}, {}), "body": {"step": 1}}
    del header[missing]
    path.write_bytes(save({}, metadata={files.HEADER: json.dumps(header)}))
    assert missing in refusal(load_snapshot, path)


@pytest.mark.parametrize(
    ("load", "noun"), [(load_network, "network"), (load_trace, "trace"), (load_snapshot, "snapshot")]
)
@pytest.mark.parametrize(
    "body",
    [
        None, 3, [], {}, "text", {"part": "Nobody"}, {"part": "Dense", "matrix": 1}, {"part": "Dense", "shape": 1},
        {"tensor": "nowhere"}, {"part": "CountNetwork", "name": "n", "populations": 3},
        {"part": "CountNetwork", "name": "n", "populations": [1]},
        {"part": "CountNetwork", "name": "n", "populations": [{"part": "Population", "name": 1, "size": 1}]},
        {"part": ["CountNetwork"]}, {"map": 3},
    ],
)  # fmt: skip
def test_a_body_that_is_no_noun_is_refused(load: Callable[[Path], Any], noun: str, body: Any, path: Path):
    write_header(path, noun=noun, body=body)
    refusal(load, path)


def test_a_state_without_a_population_is_refused(path: Path):
    write_header(path, tensors={"state/u": np.zeros(3, np.int8)})
    assert "not a valid quantal file" in refusal(load_snapshot, path)


def test_an_unknown_kind_is_named(path: Path):
    tensors: dict[str, Any] = {}
    body = files.flatten(small_network(), "network", tensors)
    body["populations"][0]["emission"]["part"] = "Telepathy"
    write_header(path, noun="network", body=body, tensors=tensors)
    assert "Telepathy" in refusal(load_network, path)


def test_an_illegal_network_in_a_whole_file_is_refused(path: Path):
    tensors: dict[str, Any] = {}
    body = files.flatten(with_projection(delay_steps=99), "network", tensors)
    write_header(path, noun="network", body=body, tensors=tensors)
    assert "delay_steps is 99" in refusal(load_network, path)


# Writing


def test_an_illegal_network_is_not_written(path: Path):
    assert "delay_steps is 0" in refusal(save_network, with_projection(delay_steps=0), path)
    assert not path.exists()


def test_no_file_and_a_folder_are_refused(path: Path):
    assert refusal(load_network, path) == f"{path}: no such file\n  expected a network file"
    assert "no such file" in refusal(load_network, path.parent)


def test_missing_folders_are_made(path: Path):
    save_network(small_network(), path.parent / "a" / "b" / "c.safetensors")
    load_network(path.parent / "a" / "b" / "c.safetensors")


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file(
    error: BaseException, call: str, path: Path, monkeypatch: pytest.MonkeyPatch
):
    save_network(small_network(), path)

    def fail(*_: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os if call == "fsync" else Path, call, fail)
        with pytest.raises(QuantalError if isinstance(error, OSError) else KeyboardInterrupt):
            save_network(everything_network(), path)
    assert content_hash(load_network(path)) == content_hash(small_network())
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("place", ["file/below", "."])
def test_a_place_that_takes_no_file_is_named(place: str, path: Path):
    (path.parent / "file").write_text("in the way")
    target = path.parent / place
    assert refusal(save_network, small_network(), target).startswith(f"{target}: can't be written\n  got ")


def test_the_permissions_of_a_file_follow_the_umask(path: Path):
    before = os.umask(0o022)
    try:
        save_network(small_network(), path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644


@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 9))
def test_the_connections_of_a_sparse_weight_come_back_in_their_order(seed: int, targets: int, sources: int):
    rng = np.random.default_rng(seed)
    pairs = rng.permutation(targets * sources)[: rng.integers(0, targets * sources, endpoint=True)]
    given = Sparse(pairs // sources, pairs % sources, rng.integers(-128, 128, pairs.size) * 2, targets, sources)
    stored = with_gaps(given)
    back = without_gaps(stored.gaps, stored.weight, targets, sources)
    assert [getattr(back, name).tolist() for name in ("target", "source", "weight")] == [
        getattr(given, name).tolist() for name in ("target", "source", "weight")
    ]


def test_an_ordered_sparse_weight_takes_four_bytes_a_connection(path: Path):
    units, count = 2_000, 40_000
    pairs = np.sort(np.random.default_rng(0).permutation(units**2)[:count])
    weight = Sparse(pairs // units, pairs % units, np.full(count, -254), units, units)
    population = Population("p", units, Memoryless(np.zeros(units, np.int64), -1, 1), Graded())
    save_network(CountNetwork("sparse", (population,), (Projection("w", "p", "p", weight),)), path)
    assert path.stat().st_size < 4.1 * count + 2 * units


def test_files_with_the_units_of_each_connection_are_still_read():
    arrays = {"target": np.array([1, 0]), "source": np.array([0, 1]), "weight": np.array([2, 4])}
    body = {"part": "Sparse", **{name: {"tensor": name} for name in arrays}, "targets": 2, "sources": 2}
    weight = files.restore(body, arrays, files.network_parts())
    assert weight.entries()[0].tolist() == [1, 0]
