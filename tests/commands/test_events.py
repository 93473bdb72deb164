"""Samples that change from step to step, on the command line."""

from __future__ import annotations

from pathlib import Path

import nir
import numpy as np
import pytest

from quantal.neuro.network.files import load_network, load_trace
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.drive import encode

from support import nir_graphs

STEPS = 23


@pytest.fixture(scope="module")
def folder(invoke, tmp_path_factory) -> Path:
    """A NIR file as a graph and as a network, and input spikes for it."""
    folder = tmp_path_factory.mktemp("events")
    weight = np.random.default_rng(0).normal(0.3, 1, (4, 3))
    layers = nir.Affine(9 * weight, np.zeros(4)), nir_graphs.lif(4), nir.Linear(9 * weight.T), nir_graphs.lif(3)
    nir.write(folder / "small.nir", nir_graphs.chain(*layers, out=3))
    np.save(folder / "events.npy", (np.random.default_rng(1).random((STEPS, 6, 3)) < 0.4).astype(np.uint8))
    assert invoke("import", folder / "small.nir", "--dt-ms", 1, "-o", folder / "graph").code == 0
    assert invoke("compile", folder / "graph", "--out", folder / "network").code == 0
    return folder


@pytest.mark.parametrize("every", [100, 7])
def test_run_reads_one_row_per_step(invoke, folder, every, tmp_path):
    """In one piece and in several pieces."""
    command = ("run", folder / "network", "--data", folder / "events.npy", "--steps", STEPS, "--every", every)
    value = invoke(*command, "--out", tmp_path / "trace", "--json").value
    assert (value["samples"], value["source"]) == (6, "samples of events.npy")
    network, events = load_network(folder / "network"), np.load(folder / "events.npy").astype(float)
    expected = reference.run(network, encode(network, events), STEPS)
    found = load_trace(tmp_path / "trace")
    for name in found.messages:
        assert np.array_equal(found.messages[name], expected.messages[name])
    assert sum(messages.sum() for messages in found.messages.values()) > 100


def test_check_chooses_evenly_spaced_samples(invoke, folder):
    command = ("check", folder / "network", "--data", folder / "events.npy", "--steps", STEPS, "--backends", "engine")
    value = invoke(*command, "--samples", 4, "--against", folder / "graph", "--json").value
    assert value["samples"] == 4
    assert value["equal"] == {"engine": True}
    assert value["against"]["layers"][0]["float_spikes"] > 0


def test_more_steps_than_the_samples_have(invoke, folder):
    result = invoke("run", folder / "network", "--data", folder / "events.npy", "--steps", STEPS + 1)
    assert result.code == 2
    assert f"got int64 ({STEPS}, 6, 3)" in result.err
