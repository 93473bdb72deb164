"""Which samples a network runs on: all that are given, in their order, unless less is asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quantal.neuro.network.count_network import CountNetwork, Input, Population
from quantal.neuro.neurons import Graded, Memoryless
from quantal.training.data.network_samples import HELD_OUT, RANDOM_SAMPLES, SampleChoice, drive_for, samples_for
from quantal.training.data.samples import load_samples

COUNT = 30
UNIT = Population("unit", 1, Memoryless(np.zeros(1, np.int64)), Graded(0))


def network(features: int, shape: tuple[int, ...] = ()) -> CountNetwork:
    return CountNetwork("small", (UNIT,), (), (Input("x", "unit", np.ones((1, features))),), sample_shape=shape)


@pytest.fixture
def rows() -> np.ndarray:
    """Samples of five features; two of them are constant."""
    made = np.random.default_rng(0).normal(size=(COUNT, 5)).astype(np.float32)
    made[[4, 9]] = 2
    return made


@pytest.fixture
def data(tmp_path: Path, rows: np.ndarray) -> Path:
    np.save(tmp_path / "rows.npy", rows)
    return tmp_path / "rows.npy"


def test_every_sample_in_order(data: Path, rows: np.ndarray):
    chosen = samples_for(network(5), SampleChoice(data))
    assert np.array_equal(chosen.samples, rows)
    assert chosen.source == "samples of rows.npy"


def test_a_count_is_evenly_spaced_and_in_order(data: Path, rows: np.ndarray):
    assert np.array_equal(samples_for(network(5), SampleChoice(data, 3)).samples, rows[[0, 14, 29]])
    assert np.array_equal(samples_for(network(5), SampleChoice(data, 1000)).samples, rows)


def test_held_out_samples_are_those_that_training_does_not_use(data: Path):
    chosen = samples_for(network(5), SampleChoice(data, split=HELD_OUT))
    assert np.array_equal(chosen.samples, load_samples(data).held_out)
    assert chosen.source == "held-out samples of rows.npy"


def test_small_images_and_a_few_samples_are_taken_as_they_are(tmp_path: Path):
    images = np.arange(2 * 12, dtype=np.uint8).reshape(2, 3, 4)
    np.save(tmp_path / "images.npy", images)
    chosen = samples_for(network(12, (3, 4)), SampleChoice(tmp_path / "images.npy"))
    assert np.array_equal(chosen.samples, images.reshape(2, 12))


def test_samples_that_change_from_step_to_step(tmp_path: Path):
    events = np.arange(4 * 6 * 5).reshape(4, 6, 5)
    np.save(tmp_path / "events.npy", events)
    for split in ("all", HELD_OUT):
        assert np.array_equal(
            samples_for(network(5), SampleChoice(tmp_path / "events.npy", None, split)).samples, events
        )
    chosen = samples_for(network(5), SampleChoice(tmp_path / "events.npy", 2))
    assert np.array_equal(chosen.samples, events[:, [0, 5]])


def test_without_data_a_drive_is_random():
    plain = replace(network(5), inputs=())
    assert drive_for(plain, SampleChoice(count=3)).drive["unit"].shape[-2:] == (3, 1)
    assert drive_for(plain, SampleChoice()).drive["unit"].shape[-2:] == (RANDOM_SAMPLES, 1)
