"""Reading and writing loses nothing: nodes, edges, parameters with their types, metadata."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nir
import numpy as np
import pytest

from quantal.neuro.nir import NirGraph, NirNode, from_nir, read_nir, to_nir, write_nir
from quantal.neuro.nir.nir_graph import content, differences
from quantal.neuro.nir.primitives import PRIMITIVES as KINDS

from support import nir_graphs

WRITTEN = sorted(nir_graphs.FILES.glob("*.nir"))
PRIMITIVES = nir_graphs.every_primitive()


def written_and_read(graph: NirGraph, folder: Path) -> NirGraph:
    write_nir(graph, folder / "again.nir")
    return read_nir(folder / "again.nir")


def test_every_primitive_of_nir_is_here():
    known = {name for name in nir.ir.__all__ if name[0].isupper()} - {"NIRNode", "NIRGraph"}
    assert known == set(KINDS)
    assert {name.split()[0] for name in PRIMITIVES} | {"Input", "Output"} == {*KINDS, "NIRGraph"}


@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_graph_of_each_primitive_comes_back_equal(name: str, tmp_path: Path):
    graph = from_nir(PRIMITIVES[name])
    assert written_and_read(graph, tmp_path) == graph
    assert from_nir(to_nir(graph)) == graph


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_files_of_other_tools_and_versions_come_back_equal(path: Path, tmp_path: Path):
    graph = read_nir(path)
    assert written_and_read(graph, tmp_path) == graph
    assert graph.version in {"0.1.1", "0.2.0", "1.0.4", "1.0.8"}


def test_what_nir_itself_reads_from_our_file_is_what_it_wrote(tmp_path: Path):
    nir.write(tmp_path / "theirs.nir", PRIMITIVES["CubaLIF"])
    write_nir(read_nir(tmp_path / "theirs.nir"), tmp_path / "ours.nir")
    theirs, ours = (nir.read(tmp_path / f"{name}.nir") for name in ("theirs", "ours"))
    assert theirs.edges == ours.edges
    for name, node in theirs.nodes.items():
        for key, value in node.to_dict().items():
            np.testing.assert_array_equal(value, ours.nodes[name].to_dict()[key])


def test_metadata_of_graphs_and_nodes_comes_back(tmp_path: Path):
    graph = nir_graphs.chain(nir_graphs.lif(3))
    graph.metadata = {"by": "us", "run": 3, "scale": np.float32(0.5), "names": ["a", "b"], "deep": {"x": np.arange(3)}}
    graph.nodes["n0"].metadata = {"note": "first layer", "trained": True}
    again = written_and_read(from_nir(graph), tmp_path)
    assert again == from_nir(graph)
    assert again.metadata["by"] == "us"
    assert again.metadata["names"] == ("a", "b")
    assert again.metadata["scale"].dtype == np.float32
    assert again.nodes["n0"].metadata["note"] == "first layer"


def test_what_was_left_out_is_filled_in_as_nir_does():
    graph = from_nir(nir_graphs.chain(nir.LIF(*[np.ones(3, np.float32)] * 4)))
    np.testing.assert_array_equal(graph.nodes["n0"].parameters["v_reset"], np.zeros(3, np.float32))
    conv = nir.Conv2d(None, np.ones((2, 2, 3, 3)), 1, 0, 1, 1, np.zeros(2))
    shaped = from_nir(nir_graphs.image_chain(conv, shape=(2, 6, 5), out=(2, 4, 3)))
    assert shaped.nodes["n0"].parameters["input_shape"].tolist() == [6, 5]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"tau": np.full(3, 0.02)}, "tau"),
        ({"r": np.full(3, 3.0, np.float32)}, "r:"),
        ({"tau": np.full((1, 3), 0.01)}, "tau"),
    ],
)
def test_a_difference_is_reported_down_to_type_and_shape(change: dict[str, np.ndarray], place: str):
    graph = from_nir(PRIMITIVES["LIF"])
    node = graph.nodes["n0"]
    assert isinstance(node, NirNode)
    other = replace(graph, nodes={**graph.nodes, "n0": replace(node, parameters={**node.parameters, **change})})
    assert graph != other
    assert [place in text for text in differences(content(graph), content(other))] == [True]


def test_graphs_with_other_edges_or_nodes_are_not_equal():
    graph = from_nir(PRIMITIVES["Scale"])
    assert graph != replace(graph, edges=graph.edges[:-1])
    assert graph != replace(graph, metadata={"a": "b"})
    assert graph == replace(graph, version="another")
    assert graph.nodes["n0"] != graph.nodes["n1"]
