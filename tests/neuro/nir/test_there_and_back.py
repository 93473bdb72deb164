"""From NIR to a `Graph` and back: the same graph, and the same nodes, edges and numbers as far as graphs hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import Graph
from quantal.neuro.nir import NirGraph, NirNode, from_graph, from_nir, read_nir, to_graph, write_nir
from quantal.neuro.nir.file import hdf5
from quantal.neuro.nir.nir_graph import content, differences

from support import nir_graphs

DT = 0.001
PRIMITIVES = nir_graphs.every_primitive()
FILES = {
    "norse_box": 1e-6,
    "norse_conv": 1.0,
    "sinabs_iaf": 1.0,
    "sinabs_lif": 1.0,
    "snntorch_conv": 1e-4,
    "snntorch_rsynaptic": 1e-4,
    "lif_norse": 1e-4,
}


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the process that checks that reading ends: these files are our own."""
    monkeypatch.setattr(hdf5, "check_reading_ends", lambda path: None)


def parts(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every number, text, type and array of a graph, with its place; lists by name, so that order does not matter."""
    if is_dataclass(value):
        yield place, type(value)
        for field in fields(value):
            yield from parts(getattr(value, field.name), f"{place}.{field.name}")
    elif isinstance(value, tuple) and value and is_dataclass(value[0]):
        for entry in value:
            yield from parts(entry, f"{place}[{entry.name}]")
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from parts(entry, f"{place}[{key!r}]")
    else:
        yield place, value


def assert_equal(one: Graph, other: Graph) -> None:
    """Assert that two graphs are equal to the last bit, with all names."""
    first, second = dict(parts(one)), dict(parts(other))
    # The version is that of the package that wrote the file.
    for entries in (first, second):
        entries.pop(".provenance['nir_version']", None)
    assert first.keys() == second.keys()
    for place, value in first.items():
        assert np.array_equal(value, second[place]), place


def unlike(one: NirGraph, other: NirGraph) -> list[str]:
    """Where nodes, edges or parameters differ; metadata is left out."""
    return [text for text in differences(content(one), content(other)) if ".metadata" not in text]


def of_type(graph: NirGraph, dtype: type) -> NirGraph:
    """The same graph with all its floats of this type."""
    nodes = {name: retyped(node, dtype) for name, node in graph.nodes.items()}
    return replace(graph, nodes=nodes)


def retyped(node: Any, dtype: type) -> Any:
    if isinstance(node, NirGraph):
        return of_type(node, dtype)
    floats = {
        key: value for key, value in node.parameters.items() if getattr(value, "dtype", None) in (np.float32, float)
    }
    return replace(node, parameters={**node.parameters, **{key: value.astype(dtype) for key, value in floats.items()}})


def again(graph: Graph, folder: Path, dt_s: float = DT) -> Graph:
    write_nir(from_graph(graph, dt_s), folder / "again.nir")
    return to_graph(read_nir(folder / "again.nir"), dt_s)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_graph_of_each_primitive_is_the_same_after_a_file(name: str, tmp_path: Path):
    graph = to_graph(from_nir(PRIMITIVES[name]), DT)
    # A reset elsewhere than at 0 is a difference of two numbers, and a v_leak counts from it.
    if name in ("LIF", "CubaLIF", "IF"):
        assert_equal(again(graph, tmp_path), again(again(graph, tmp_path), tmp_path))
        first, second = dict(parts(graph)), dict(parts(again(graph, tmp_path)))
        for place, value in first.items():
            if isinstance(value, np.ndarray):
                np.testing.assert_allclose(value, second[place], rtol=1e-14, err_msg=place)
    else:
        assert_equal(graph, again(graph, tmp_path))


@pytest.mark.parametrize("name", FILES)
def test_a_graph_of_another_tool_is_the_same_after_a_file(name: str, tmp_path: Path):
    graph = to_graph(read_nir(nir_graphs.FILES / f"{name}.nir"), FILES[name])
    assert_equal(graph, again(graph, tmp_path, FILES[name]))


def random_units(kind: type, names: tuple[str, ...], size: int, seed: int) -> Any:
    """Units with different time constants; r and w_in are 1, v_leak and v_reset 0."""
    rng = np.random.default_rng(seed)
    values = {"r": 1.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0}
    taus = {name: rng.uniform(0.0011, 0.05, size) for name in names}
    return kind(**taus, **{name: np.full(size, value) for name, value in values.items()})


def test_time_constants_weights_and_biases_of_64_bits_make_the_same_graph_to_the_last_bit():
    rng = np.random.default_rng(4)
    lif, cuba = random_units(nir.LIF, ("tau",), 40, 5), random_units(nir.CubaLIF, ("tau_syn", "tau_mem"), 30, 6)
    affine, linear = nir.Affine(rng.normal(size=(40, 3)), rng.normal(size=40)), nir.Linear(rng.normal(size=(30, 40)))
    graph = to_graph(from_nir(nir_graphs.chain(affine, lif, linear, cuba, out=30)), DT)
    for convention in (graph.provenance, {}):
        written = from_graph(replace(graph, provenance={**convention, "dt_s": "0.001"}), DT)
        assert_equal(replace(to_graph(written, DT, name="nir"), provenance={}), replace(graph, provenance={}))


def test_units_whose_input_is_multiplied_by_0_come_back():
    graph = to_graph(from_nir(nir_graphs.chain(nir_graphs.lif(3, r=0.0), nir_graphs.lif(3))), DT)
    back = to_graph(from_graph(graph, DT), DT)
    assert_equal(replace(back, provenance={}), replace(graph, provenance={}))
    assert not back.inputs[0].gain.values().any()


def test_a_threshold_does_not_share_the_resistance_of_others():
    units = nir_graphs.lif(3, r=5.0), nir.Linear(np.arange(9.0).reshape(3, 3)), nir.Threshold(np.ones(3))
    theirs = from_nir(nir_graphs.chain(*units))
    assert unlike(theirs, from_graph(to_graph(theirs, DT), DT)) == []


@pytest.mark.parametrize("text", ["fast", "0", '{"n0": "slow"}', "[1]", "NaN"])
def test_factors_that_no_unit_can_have_are_refused(text: str):
    graph = to_graph(from_nir(PRIMITIVES["LIF"]), DT)
    with pytest.raises(QuantalError, match="a factor that no unit can have") as caught:
        from_graph(replace(graph, provenance={"r": text}), DT)
    assert f"got {text}" in str(caught.value)


OTHERWISE = {
    "Conv2d same": ["n0.parameters.padding"],
    "Conv2d same even": ["n0.parameters.dilation", "n0.parameters.padding", "n0.parameters.weight"],
    "Delay": ["n1", "n2 delay"],
    "Flatten": ["n0", *(f"n1.parameters.{key}" for key in ("r", "tau", "v_leak", "v_reset", "v_threshold"))],
    "NIRGraph": ["n0", "n0.n0", "n0.n1"],
}
"""Primitives whose nodes come back in another form, and where: the padding in numbers, the delay under another name, a
neuron after a Flatten as an image, inner graphs inlined."""


@pytest.mark.parametrize("name", PRIMITIVES)
def test_each_primitive_comes_back_as_the_same_nodes_edges_and_numbers(name: str):
    graph = of_type(from_nir(PRIMITIVES[name]), np.float32)
    back = from_graph(to_graph(graph, DT), DT)
    places = {text.split(": ")[0].split(" is on")[0].removeprefix(".nodes.") for text in unlike(graph, back)}
    expected = OTHERWISE.get(name, [])
    assert sorted(places - {".edges", "output.parameters.shape"}) == sorted(expected)
    assert bool(places) == bool(expected)


@pytest.mark.parametrize("name", [name for name in PRIMITIVES if name not in OTHERWISE])
def test_numbers_of_64_bits_come_back_up_to_rounding(name: str):
    graph = of_type(from_nir(PRIMITIVES[name]), np.float64)
    back = from_graph(to_graph(graph, DT), DT)
    assert graph.nodes.keys() == back.nodes.keys()
    assert {*graph.edges} == {*back.edges}
    for key, node in graph.nodes.items():
        other = back.nodes[key]
        assert isinstance(node, NirNode)
        assert isinstance(other, NirNode)
        assert node.kind == other.kind
        for parameter, value in node.parameters.items():
            assert value.dtype == other.parameters[parameter].dtype
            np.testing.assert_allclose(other.parameters[parameter], value, rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("name", [*PRIMITIVES, *FILES])
def test_what_we_wrote_comes_back_with_its_metadata_to_the_last_bit(name: str, tmp_path: Path):
    dt_s = FILES.get(name, DT)
    source = from_nir(PRIMITIVES[name]) if name in PRIMITIVES else read_nir(nir_graphs.FILES / f"{name}.nir")
    ours = from_graph(to_graph(source, dt_s), dt_s)
    write_nir(ours, tmp_path / "ours.nir")
    back = from_graph(to_graph(read_nir(tmp_path / "ours.nir"), dt_s), dt_s)
    assert [*differences(content(ours), content(back))] == []
    assert back == ours


@pytest.mark.parametrize("name", ["norse_box", "norse_conv", "lif_norse"])
def test_files_of_norse_come_back_as_norse_wrote_them(name: str):
    theirs = read_nir(nir_graphs.FILES / f"{name}.nir")
    assert unlike(theirs, from_graph(to_graph(theirs, FILES[name]), FILES[name])) == []


def test_texts_and_names_of_a_file_come_back():
    theirs = nir_graphs.chain(nir_graphs.lif(3), nir.Linear(np.ones((2, 3))), nir_graphs.lif(2), out=2)
    theirs.nodes["eye"] = theirs.nodes.pop("input")
    theirs.edges = [tuple("eye" if end == "input" else end for end in edge) for edge in theirs.edges]
    theirs.metadata = {"name": "net", "by": "us", "format": "other", "r": "seven", "w_in": "many"}
    graph = to_graph(from_nir(theirs), DT)
    assert graph.name == "net"
    assert (graph.provenance["by"], graph.provenance["format"], graph.provenance["r"]) == ("us", "NIR", "1.0")
    back = from_graph(graph, DT)
    assert unlike(from_nir(theirs), back) == []
    assert back.metadata == {"name": "net", "by": "us", "dt_s": "0.001"}
    assert to_graph(from_nir(theirs), DT, name="mine").name == "mine"
