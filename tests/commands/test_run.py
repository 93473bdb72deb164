"""`quantal run` records what it is asked for, and measures accuracy; networks of other origin are run and drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantal.commands.cli import INTERRUPTED, USER_ERROR
from quantal.neuro.network.count_network import CountNetwork, Input, Population, Projection, Readout
from quantal.neuro.network.files import load_network, load_trace, save_network
from quantal.neuro.network.trace import Trace
from quantal.neuro.neurons import Accumulator, Cuba, Silent, Spike
from quantal.neuro.simulate import resumable
from quantal.neuro.synapses import Dense

PIXELS = 4
LABELS = np.array([0, 1, 1, 0])
PICTURES = np.zeros((4, 2, 2), np.uint8)
PICTURES[LABELS == 0, 0], PICTURES[LABELS == 1, 1] = 255, 200


def classifier(**changes: Any) -> CountNetwork:
    """Spikes of the upper and the lower half of a picture, counted by two outputs."""
    zero = np.zeros(PIXELS, np.int64)
    pixels = Population("a:b", PIXELS, Cuba(zero, zero, zero + 4095, zero), Spike(zero + 10))
    classes = Population("classes", 2, Accumulator(np.zeros(2, np.int64)), Silent())
    wire = Projection("wire", "a:b", "classes", Dense(np.array([[2, 2, 0, 0], [0, 0, 2, 2]])))
    inputs = (Input("pixels", "a:b", np.full(PIXELS, 7.0)),)
    parts = {"provenance": {"coding": "current", "steps": "5"}, "sample_shape": (1, 2, 2), **changes}
    return CountNetwork("halves", (pixels, classes), (wire,), inputs, **parts)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    save_network(classifier(), tmp_path / "network")
    return tmp_path / "network"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    np.savez(tmp_path / "digits.npz", x_train=PICTURES, y_train=LABELS, x_test=PICTURES[:2], y_test=[1, 1])
    return tmp_path / "digits.npz"


def held(trace: Trace) -> list[str]:
    return [*trace.messages, *(f"{name}:{state}" for name, states in trace.states.items() for state in states)]


@pytest.mark.parametrize("backend", ["engine", "reference"])
def test_messages_and_states_are_recorded_by_name(invoke: Callable[..., Any], network, data, tmp_path, backend):
    options = "--data", data, "--backend", backend, "--steps", 7, "--every", 3, "--out", tmp_path / "trace"
    value = invoke("run", network, *options, "--record", "a:b", "--record", "a:b:v", "--json").value
    trace = load_trace(tmp_path / "trace")
    assert held(trace) == value["recorded"] == ["a:b", "a:b:v"]
    assert trace.states["a:b"]["v"].shape == trace.messages["a:b"].shape == (7, 4, PIXELS)
    assert trace.states["a:b"]["v"].any()


def test_without_a_choice_messages_of_all_populations_are_recorded(invoke, network, data, tmp_path):
    assert invoke("run", network, "--data", data, "--out", tmp_path / "trace").code == 0
    assert held(load_trace(tmp_path / "trace")) == ["a:b", "classes"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nobody", "network halves: no such population"),
        ("classes:w", "population classes: no such state variable\n  expected one of v, got w"),
        ("nobody:v", "network halves: no such population"),
    ],
)
def test_what_a_network_does_not_have_is_not_recorded(invoke, network, data, tmp_path, name, text):
    result = invoke("run", network, "--data", data, "--out", tmp_path / "trace", "--record", name)
    assert result.code == USER_ERROR
    assert text in result.err


def test_recording_needs_a_file(invoke, network, data):
    result = invoke("run", network, "--data", data, "--record", "classes")
    assert result.code == USER_ERROR
    assert "--record: nothing to record to\n  expected --out" in result.err


@pytest.mark.parametrize("record", [(), ("--record", "classes:v")])
def test_a_run_is_resumed_only_with_the_same_record(invoke, network, data, tmp_path, monkeypatch, record):
    options = "run", network, "--data", data, "--steps", 4, "--every", 2, "--out", tmp_path / "trace"

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(resumable, "join", stop)
        assert invoke(*options, *record).code == INTERRUPTED
    result = invoke(*options, "--record", "a:b", "--resume")
    assert result.code == USER_ERROR
    assert "the snapshot belongs to another run\n  expected recorded [['a:b'], []]" in result.err
    assert invoke(*options, *record, "--resume").code == 0
    trace = load_trace(tmp_path / "trace")
    assert held(trace) == (["classes:v"] if record else ["a:b", "classes"])
    assert {len(value) for value in (*trace.messages.values(), *trace.states.get("classes", {}).values())} == {4}


def test_accuracy_with_its_interval(invoke, network, data):
    options = "run", network, "--data", data, "--labels", data
    value = invoke(*options, "--json").value
    assert value["accuracy"]["accuracy"] == 1.0
    assert (value["accuracy"]["samples"], value["steps"]) == (4, 6)
    assert value["accuracy"]["lowest"] == pytest.approx(0.5101, abs=1e-4)
    out = invoke(*options).out
    assert "accuracy 100.00% of 4 samples (95 % interval 51.01% to 100.00%)" in out
    assert "4 samples (samples of digits.npz)" in out


def test_accuracy_of_held_out_pictures(invoke, network, data):
    value = invoke("run", network, "--data", data, "--labels", data, "--split", "held-out", "--json").value
    assert value["accuracy"]["accuracy"] == 0.5
    assert value["samples"] == 2


def test_labels_of_other_samples(invoke, network, data, tmp_path):
    np.save(tmp_path / "labels.npy", LABELS[:3])
    result = invoke("run", network, "--data", data, "--labels", tmp_path / "labels.npy")
    assert result.code == USER_ERROR
    assert "labels.npy: labels don't fit the samples\n  expected 4, one for each sample, got 3 labels" in result.err


def test_samples_that_change_have_as_many_steps_as_they_have(invoke, network, tmp_path):
    np.save(tmp_path / "events.npy", np.ones((9, 2, PIXELS)))
    assert invoke("run", network, "--data", tmp_path / "events.npy", "--json").value["steps"] == 9
    checked = invoke("check", network, "--data", tmp_path / "events.npy", "--backends", "engine", "--json").value
    assert (checked["steps"], checked["equal"]) == (9, {"engine": True})


# Networks whose read-out estimates no picture


@pytest.mark.parametrize(
    ("shape", "weight"),
    [
        ((1, 2, 2), np.ones((3, PIXELS))),
        ((2, 2), np.ones(PIXELS)),
        ((1, 2, 2), np.eye(PIXELS)),
        ((), np.eye(PIXELS)),
        ((4,), np.eye(PIXELS)),
    ],
)
def test_a_network_with_any_read_out_is_run_and_drawn(invoke, data, tmp_path, shape, weight):
    read = (Readout("y", "a:b", weight),)
    save_network(classifier(readouts=read, provenance={}, sample_shape=shape), tmp_path / "read")
    value = invoke("run", tmp_path / "read", "--data", data, "--steps", 3, "--json").value
    assert ("r2" in value) == (weight.shape == (PIXELS, PIXELS))
    assert invoke("show", tmp_path / "read", "--picture", tmp_path / "read.png").code == 0
    assert (tmp_path / "read.png").stat().st_size > 1000


def test_a_network_without_anything_to_draw_is_refused(invoke, network, tmp_path):
    alone = classifier(provenance={})
    save_network(CountNetwork("alone", alone.populations), tmp_path / "alone")
    result = invoke("show", tmp_path / "alone", "--picture", tmp_path / "alone.png")
    assert result.code == USER_ERROR
    assert "the network has neither a read-out nor projections to plot" in result.err
    assert invoke("show", network, "--picture", tmp_path / "network.png").code == 0
    assert load_network(network).name == "halves"
