"""Pictures enter a deployed classifier as they did in training, so that its scores are the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from quantal.neuro import engine
from quantal.neuro.compare.classification import class_scores, score_recording
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.simulate.drive import encode
from quantal.training.data.coded_pictures import trained_steps
from quantal.training.data.network_samples import HELD_OUT, SampleChoice, samples_for
from quantal.training.learn.deployment import Deployment, deploy, samples_of, scores
from quantal.training.models.spiking_classifier import Neuron, SpikingClassifier

PICTURES = np.random.default_rng(0).integers(0, 256, (9, 8, 8)).astype(np.uint8)
LABELS = np.arange(9) % 3


def deployed(architecture: str = "20-10", **options: Any) -> Deployment:
    torch.manual_seed(0)
    return deploy(SpikingClassifier(architecture, (8, 8), Neuron(0.2, "zero", 1.0), 0.1, 6, **options))


def network_of(deployment: Deployment) -> CountNetwork:
    """The network with the provenance that the file of a classifier gives it."""
    model = deployment.model
    return replace(deployment.network, provenance={"coding": model.coding, "steps": str(model.steps)})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    np.savez(tmp_path / "digits.npz", x_train=PICTURES, y_train=LABELS, x_test=PICTURES[:4], y_test=LABELS[:4])
    return tmp_path / "digits.npz"


@pytest.mark.parametrize("coding", ["current", "rate", "latency", "rows"])
def test_samples_and_scores_are_those_of_the_deployed_classifier(data: Path, coding: str):
    deployment = deployed("12r-10" if coding == "rows" else "20-10", coding=coding)
    network = network_of(deployment)
    found = samples_for(network, SampleChoice(data, labels=data))
    assert np.array_equal(found.samples, samples_of(deployment, PICTURES, torch.Generator().manual_seed(0)))
    assert np.array_equal(found.labels, LABELS)
    trace = engine.run(network, encode(network, found.samples), trained_steps(network), score_recording(network))
    expected = scores(deployment, PICTURES, torch.Generator().manual_seed(0))
    assert trained_steps(network) == deployment.steps
    assert np.array_equal(class_scores(network, trace), expected)


def test_an_output_that_spikes_is_counted_as_in_training(data: Path):
    deployment = deployed(readout="spikes")
    network = network_of(deployment)
    drive = encode(network, samples_for(network, SampleChoice(data)).samples)
    trace = engine.run(network, drive, trained_steps(network), score_recording(network))
    assert np.array_equal(class_scores(network, trace), scores(deployment, PICTURES))


def test_a_count_takes_the_labels_of_its_samples(data: Path):
    network = network_of(deployed())
    found = samples_for(network, SampleChoice(data, 3, labels=data))
    assert np.array_equal(np.rint(found.samples * 255), PICTURES[[0, 4, 8]].reshape(3, -1))
    assert found.labels.tolist() == LABELS[[0, 4, 8]].tolist()


def test_held_out_pictures_are_those_of_the_test_set(data: Path):
    found = samples_for(network_of(deployed()), SampleChoice(data, split=HELD_OUT, labels=data))
    assert np.array_equal(np.rint(found.samples * 255), PICTURES[:4].reshape(4, -1))
    assert found.labels.tolist() == LABELS[:4].tolist()
    assert found.source == "held-out samples of digits.npz"


def test_numbers_that_are_no_bytes_are_taken_as_they_are(tmp_path: Path):
    np.save(tmp_path / "floats.npy", PICTURES.reshape(9, -1) / 255)
    found = samples_for(network_of(deployed()), SampleChoice(tmp_path / "floats.npy"))
    assert np.array_equal(found.samples, (PICTURES.reshape(9, -1) / 255).astype(np.float32))


def test_a_network_of_unknown_training_takes_bytes_as_they_are(data: Path):
    network = replace(network_of(deployed()), provenance={})
    assert trained_steps(network) is None
    assert np.array_equal(samples_for(network, SampleChoice(data)).samples, PICTURES.reshape(9, -1))


@pytest.mark.parametrize(
    ("stated", "pictures", "factor"),
    [
        ({"sample_range": "0.0 1.0"}, PICTURES, 255),
        ({"sample_range": "-1.0 1.0"}, PICTURES // 128, 1),
        ({"sample_range": "0.0 255.0"}, PICTURES, 1),
    ],
)
def test_bytes_beyond_a_range_of_1_are_scaled_to_it(tmp_path: Path, stated: dict[str, str], pictures, factor: int):
    network = replace(network_of(deployed()), provenance=stated)
    np.save(tmp_path / "bytes.npy", pictures)
    found = samples_for(network, SampleChoice(tmp_path / "bytes.npy"))
    assert np.array_equal(np.rint(found.samples * factor), pictures.reshape(9, -1))
    assert found.samples.max() == pictures.max() / factor


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (LABELS[:8], "labels.npy: labels don't fit the samples\n  expected 9, one for each sample, got 8 labels"),
        (LABELS / 2, r"labels.npy: not labels\n  expected whole numbers \(samples,\), got float64 \(9,\)"),
        (LABELS[None], r"labels.npy: not labels\n  expected whole numbers \(samples,\), got int64 \(1, 9\)"),
    ],
)
def test_labels_that_do_not_fit_are_refused(data: Path, tmp_path: Path, labels: np.ndarray, text: str):
    np.save(tmp_path / "labels.npy", labels)
    with pytest.raises(QuantalError, match=text):
        samples_for(network_of(deployed()), SampleChoice(data, labels=tmp_path / "labels.npy"))


def test_an_archive_without_labels_is_refused(data: Path, tmp_path: Path):
    np.savez(tmp_path / "other.npz", a=LABELS, b=LABELS)
    with pytest.raises(
        QuantalError, match="can't tell which array holds the labels\n  expected one array of one dimension"
    ):
        samples_for(network_of(deployed()), SampleChoice(data, labels=tmp_path / "other.npz"))


def test_labels_of_random_held_out_samples_are_refused(tmp_path: Path):
    np.save(tmp_path / "floats.npy", np.random.default_rng(0).random((20, 64)))
    np.save(tmp_path / "labels.npy", np.arange(20))
    network = replace(network_of(deployed()), provenance={})
    with pytest.raises(QuantalError, match="--labels: held-out samples are in random order, labels are not"):
        samples_for(network, SampleChoice(tmp_path / "floats.npy", None, HELD_OUT, tmp_path / "labels.npy"))
