"""NIR files are imported, compiled and exported on the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nir
import numpy as np
import pytest

from quantal.neuro.network.files import load_network
from quantal.neuro.network.graph_files import load_graph, save_graph
from quantal.neuro.nir import read_nir

from support import nir_graphs


@pytest.fixture(scope="module")
def nir_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("nir") / "small.nir"
    weight = np.random.default_rng(0).normal(size=(4, 3))
    layers = nir.Affine(weight, np.zeros(4)), nir_graphs.lif(4), nir.Linear(weight.T), nir_graphs.lif(3)
    nir.write(path, nir_graphs.chain(*layers, out=3))
    return path


def test_import_asks_for_the_time_step(invoke, nir_file, tmp_path):
    result = invoke("import", nir_file, "--out", tmp_path / "graph")
    assert result.code == 2
    assert "a NIR file doesn't state its time step" in result.err
    assert "--dt-ms" in result.err
    assert not (tmp_path / "graph").exists()


def test_import_writes_a_graph_and_lists_what_is_in_it(invoke, nir_file, tmp_path):
    result = invoke("import", nir_file, "--dt-ms", 1, "-o", tmp_path / "graph", "--json")
    assert [row["name"] for row in result.value["populations"]] == ["n1", "n3"]
    assert [(row["name"], row["delay_steps"]) for row in result.value["projections"]] == [("n2", 1)]
    assert result.value["nir_version"] == nir.version
    assert load_graph(tmp_path / "graph").provenance["dt_s"] == "0.001"
    assert " n2 " in invoke("import", nir_file, "--dt-ms", 1, "-o", tmp_path / "graph").out


def test_an_imported_graph_is_compiled_and_run(invoke, nir_file, tmp_path):
    graph, network = tmp_path / "graph", tmp_path / "network"
    assert invoke("import", nir_file, "--dt-ms", 1, "-o", graph).code == 0
    value = invoke("compile", graph, "--out", network, "--json").value
    assert value["circuit"] == "graph"
    assert value["host_share"] == 0
    kinds = [type(p.integration).__name__ for p in load_network(network).populations]
    assert kinds == ["Memoryless", "Cuba", "Cuba"]
    hosted = invoke("compile", graph, "--input", "host", "--out", network, "--json").value
    assert hosted["host_share"] > 0
    assert {type(p.integration).__name__ for p in load_network(network).populations} == {"Cuba"}
    told = f"{hosted['host_share']:.1%} of all synapses stay on the host"
    assert any(told == note["text"] for note in hosted["notes"])
    assert invoke("show", network, "--json").value["host_share"] == hosted["host_share"]
    assert told in invoke("compile", graph, "--input", "host", "--out", network).out
    wider = ("--sample-range", -2, 2, "--print-after", "inputs")
    printed = invoke("compile", graph, *wider, "--out", network, "--json").value["printed"]["inputs"]
    assert "SampleRange(lowest=-2, highest=2)" in printed


def test_samples_narrow_the_ranges(invoke, nir_file, tmp_path):
    np.save(tmp_path / "samples.npy", (np.random.default_rng(0).random((20, 2, 3)) < 0.2) * 1.0)
    ranges = []
    for more in ([], ["--calibrate", tmp_path / "samples.npy"]):
        value = invoke("import", nir_file, "--dt-ms", 1, "-o", tmp_path / "graph", "--json", *more).value
        ranges.append([row["range"] for row in value["populations"]])
    assert all(narrow < wide for narrow, wide in zip(ranges[1], ranges[0], strict=True))


@pytest.mark.parametrize(
    ("dt_ms", "told"), [(1, []), (10, ["is one time step"]), (0.001, ["is more than 8192 time steps"])]
)
def test_a_time_step_that_can_hardly_be_right_is_noted(invoke, nir_file, tmp_path, dt_ms, told):
    value = invoke("import", nir_file, "--dt-ms", dt_ms, "-o", tmp_path / "graph", "--json").value
    assert [note for text in told for note in value["notes"] if f"NIR node n1: tau of 4 of 4 units {text}" in note] == [
        note for note in value["notes"] if "n1" in note
    ]
    assert bool(value["notes"]) == bool(told)
    printed = invoke("import", nir_file, "--dt-ms", dt_ms, "-o", tmp_path / "graph").out
    assert ("is the time step right?" in printed) == bool(told)
    compiled = invoke("compile", tmp_path / "graph", "--out", tmp_path / "network", "--json").value
    assert [note["text"] for note in compiled["notes"] if note["text"] in value["notes"]] == value["notes"]


@pytest.mark.parametrize("content", [b"no array", np.ones((2, 4)), np.array([["a", "b", "c"]])])
def test_samples_that_do_not_fit_are_refused(invoke, nir_file, tmp_path, content):
    path = tmp_path / "samples.npy"
    path.write_bytes(content) if isinstance(content, bytes) else np.save(path, content)
    result = invoke("import", nir_file, "--dt-ms", 1, "-o", tmp_path / "graph", "--calibrate", path)
    assert result.code == 2
    assert str(path) in result.err
    assert not (tmp_path / "graph").exists()


def test_a_graph_survives_export_and_import(invoke, nir_file, tmp_path):
    first, again, back = tmp_path / "first", tmp_path / "again", tmp_path / "back.nir"
    assert invoke("import", nir_file, "--dt-ms", 1, "-o", first).code == 0
    value = invoke("export", first, "-o", back, "--json").value
    assert value["nodes"] == {"Input": 1, "LIF": 2, "Linear": 2, "Output": 1}
    assert invoke("import", back, "--dt-ms", 1, "-o", again).code == 0
    for one, other in zip(load_graph(first).populations, load_graph(again).populations, strict=True):
        np.testing.assert_allclose(one.integration.decay_v, other.integration.decay_v, rtol=1e-12)
    assert invoke("export", first, "--dt-ms", 2, "-o", back).code == 0
    np.testing.assert_allclose(read_nir(back).nodes["n1"].parameters["tau"], 0.02)


def test_a_file_survives_import_and_export(invoke, nir_file, tmp_path):
    graph, back = tmp_path / "graph", tmp_path / "back.nir"
    assert invoke("import", nir_file, "--dt-ms", 1, "-o", graph).code == 0
    assert invoke("export", graph, "-o", back).code == 0
    first, second = read_nir(nir_file), read_nir(back)
    assert first.nodes.keys() == second.nodes.keys()
    assert {*first.edges} == {*second.edges}
    assert second.metadata["name"] == "small"
    assert invoke("import", back, "--dt-ms", 1, "-o", graph).code == 0
    assert load_graph(graph).name == "small"


def test_export_writes_what_nir_cannot_express_only_on_request(invoke, nir_file, tmp_path):
    path, back = tmp_path / "graph", tmp_path / "back.nir"
    assert invoke("import", nir_file, "--dt-ms", 1, "-o", path).code == 0
    graph = load_graph(path)
    first, *rest = graph.populations
    soft = replace(first, emission=replace(first.emission, reset="subtract", refractory_steps=2))
    save_graph(replace(graph, populations=(soft, *rest)), path)
    result = invoke("export", path, "-o", back)
    assert result.code == 2
    assert "NIR can't express that units are refractory for 2 steps" in result.err
    assert not back.exists()
    assert invoke("export", path, "-o", back, "--in-metadata", "reset", "--in-metadata", "refractory_steps").code == 0
    assert read_nir(back).nodes["n1"].metadata["quantal_reset"] == "subtract"
    assert invoke("export", path, "-o", back, "--in-metadata", "colour").code == 2


def test_a_file_that_is_not_a_nir_file_is_refused(invoke, model, tmp_path):
    result = invoke("import", model, "--dt-ms", 1, "-o", tmp_path / "graph")
    assert result.code == 2
    assert "not a valid NIR file" in result.err
    result = invoke("export", model, "-o", tmp_path / "back.nir")
    assert result.code == 2
    assert "expected graph, got checkpoint" in result.err
