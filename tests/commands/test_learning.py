"""Networks that learn, on the command line: what learns is shown, recorded, resumed and compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quantal.commands.cli import INTERRUPTED, USER_ERROR
from quantal.neuro.network.count_network import Input
from quantal.neuro.network.files import load_trace, save_network
from quantal.neuro.network.trace import Snapshot
from quantal.neuro.simulate import resumable

from support.plastic import SOURCES, learning_network


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "network"
    save_network(replace(learning_network(), inputs=(Input("x", "a", np.ones(SOURCES)),)), path)
    return path


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    path = tmp_path / "samples.npy"
    np.save(path, np.random.default_rng(0).integers(-30, 31, (3, SOURCES)).astype(float))
    return path


def stop_after(count: int) -> Callable[..., None]:
    """A `save_snapshot` after which the run is interrupted at its `count`-th call."""
    real, calls = resumable.save_snapshot, iter(range(1, count + 1))

    def save(snapshot: Snapshot, path: Path) -> None:
        real(snapshot, path)
        if next(calls) == count:
            raise KeyboardInterrupt

    return save


def run_options(samples: Path, out: Path) -> tuple[object, ...]:
    return "--data", samples, "--steps", 30, "--every", 7, "--weights-every", 5, "--out", out


def test_show_names_what_learns(invoke, network):
    rows = invoke("show", network, "--json").value["learning"]
    assert [(row["name"], row["largest_weight"], row["connections"]) for row in rows] == [
        ("shared", 120, 30),
        ("learned", 120, 30),
        ("back", 200, 30),
    ]
    assert rows[0]["rule"] == "weights of learned"
    assert rows[2]["rule"] == "Outer(terms=Term(post=a, pre=b, pre_delay=2), shift=3, limit=100)"


def test_a_resumed_run_records_the_same_weights(invoke, network, samples, tmp_path, monkeypatch):
    whole, out = tmp_path / "whole", tmp_path / "stopped"
    assert invoke("run", network, *run_options(samples, whole)).code == 0
    with monkeypatch.context() as patched:
        patched.setattr(resumable, "save_snapshot", stop_after(2))
        assert invoke("run", network, *run_options(samples, out)).code == INTERRUPTED
    assert invoke("run", network, *run_options(samples, out), "--resume").code == 0
    assert out.read_bytes() == whole.read_bytes()
    trace = load_trace(out)
    assert trace.weight_steps.tolist() == [4, 9, 14, 19, 24, 29]
    assert {name: value.shape for name, value in trace.weights.items()} == {"learned": (6, 3, 30), "back": (6, 3, 30)}
    assert "tag" in {row["variable"] for row in invoke("show", out, "--json").value["recorded"]}


def test_weights_are_recorded_only_where_a_trace_is_written(invoke, network, samples):
    result = invoke("run", network, "--data", samples, "--weights-every", 5)
    assert result.code == USER_ERROR
    assert "--weights-every: learned weights are recorded in a trace, and no trace is written" in result.err


def test_check_compares_weights(invoke, network, samples):
    result = invoke("check", network, "--data", samples, "--backends", "engine", "--steps", 20, "--json").value
    assert [(row["population"], row["equal"]) for row in result["populations"]] == [
        *((name, True) for name in "abc"),
        ("learned", True),
        ("back", True),
    ]
