"""Files of schema 1 load, and their networks run to the same integers as when they were written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quantal.neuro.compile import compile_graph
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import content_hash, load_network, load_snapshot, load_trace, save_network
from quantal.neuro.network.graph_files import load_graph
from quantal.neuro.network.trace import Trace
from quantal.neuro.simulate.reference import run
from quantal.neuro.synapses import FloatConvolution, FloatDense, FloatSparse

OLD = Path(__file__).parents[2] / "support" / "old_files"
POTENTIAL = np.array([-1.0, 0.25, 0.5])
"""Initial potential of the accumulator in the file, in the float network."""


@pytest.fixture(scope="module")
def network() -> CountNetwork:
    return load_network(OLD / "network.safetensors")


@pytest.fixture(scope="module")
def new_trace(network: CountNetwork) -> Trace:
    with np.load(OLD / "drive.npz") as drive:
        return run(network, {"error": drive["error"].astype(np.int64)}, 6)


def test_a_network_keeps_its_scales_and_its_initial_potential(network: CountNetwork):
    latent = network.population("latent/a")
    assert [*latent.initial] == ["v"]
    assert (np.abs(latent.initial["v"] * latent.state_scale - POTENTIAL) <= latent.state_scale / 2).all()
    assert latent.message_scale == 1.0
    assert network.population("error").message_scale > network.population("error").state_scale


def test_a_synaptic_current_is_not_renamed(network: CountNetwork):
    assert [*network.population("spiking").initial] == ["u", "v"]


def test_a_network_runs_to_the_same_integers(network: CountNetwork, new_trace: Trace):
    old = load_trace(OLD / "trace.safetensors")
    for population in network.populations:
        np.testing.assert_array_equal(new_trace.messages[population.name], old.messages[population.name])
        assert old.states[population.name].keys() == {*population.states}
        for state in population.states:
            np.testing.assert_array_equal(new_trace.states[population.name][state], old.states[population.name][state])


def test_a_run_resumes_from_a_snapshot(network: CountNetwork, new_trace: Trace):
    with np.load(OLD / "drive.npz") as drive:
        rest = {"error": np.zeros_like(drive["error"][0], np.int64)}
    resumed = run(network, rest, 4, start=load_snapshot(OLD / "snapshot.safetensors"))
    expected = run(network, rest, 4, start=new_trace.end)
    assert resumed.first_step == 6
    for name, message in expected.messages.items():
        np.testing.assert_array_equal(resumed.messages[name], message)


def test_a_graph_compiles_to_the_network_that_it_compiled_to(network: CountNetwork):
    graph = load_graph(OLD / "graph.safetensors")
    np.testing.assert_array_equal(graph.population("latent/a").initial["v"], POTENTIAL)
    compiled, _ = compile_graph(graph)
    # Their provenance differs in the options that were added since.
    assert content_hash(replace(compiled, provenance=network.provenance)) == content_hash(network)


def test_matrices_of_a_graph_become_the_classes_of_their_kinds():
    weights = {entry.name: entry.weight for entry in load_graph(OLD / "graph.safetensors").projections}
    assert {*map(type, weights.values())} == {FloatDense, FloatSparse, FloatConvolution}
    assert all(weight.problems() == [] for weight in weights.values())


def test_a_network_is_the_same_once_it_is_written_again(network: CountNetwork, tmp_path: Path):
    save_network(network, tmp_path / "again.safetensors")
    assert content_hash(load_network(tmp_path / "again.safetensors")) == content_hash(network)
