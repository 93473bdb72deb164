"""From a classifier's checkpoint to a network, and the certificate that compares the two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantal.neuro.network.files import content_hash, load_network
from quantal.training.data.digits import small_digits
from quantal.training.learn.classifier import fit_classifier, load_classifier
from quantal.training.learn.classifier_settings import ClassifierSettings
from quantal.training.learn.deployment import deploy


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained classifier, and digits as an array."""
    folder, digits = tmp_path_factory.mktemp("against"), small_digits()
    settings = ClassifierSettings(architecture="24-10", epochs=3, batch=64, steps=5, shift_pixels=0)
    fit_classifier(digits, settings, folder / "model.safetensors")
    np.save(folder / "digits.npy", digits.held_out.reshape(len(digits.held_out), -1) / 255)
    return folder


def test_a_classifier_compiles_to_the_network_that_deploys_it(folder: Path, invoke: Callable[..., Any]):
    value = invoke("compile", folder / "model.safetensors", "--out", folder / "network.safetensors", "--json").value
    network = load_network(folder / "network.safetensors")
    assert value["network"] == content_hash(network)
    deployed = deploy(load_classifier(folder / "model.safetensors")).network
    for one, other in zip(network.projections, deployed.projections, strict=True):
        assert np.array_equal(one.weight.values(), other.weight.values())


def test_the_certificate_of_a_classifier(folder: Path, invoke: Callable[..., Any]):
    invoke("compile", folder / "model.safetensors", "--out", folder / "network.safetensors", "--weight-bits", 4)
    arguments = ("--data", folder / "digits.npy", "--backends", "engine", "--steps", 8, "--samples", 50, "--json")
    result = invoke("check", folder / "network.safetensors", "--against", folder / "model.safetensors", *arguments)
    assert result.code == 0
    value = result.value
    assert value["equal"] == {"engine": True}
    hidden, output = value["against"]["layers"]
    assert hidden["differing"] == 0 or hidden["divergence"]["cause"] in ("rounding", "threshold")
    assert output["divergence"] is None
    assert output["largest_difference"] > 0
    assert value["against"]["agreement"] > 0.8


def test_the_certificate_as_tables(folder: Path, invoke: Callable[..., Any]):
    invoke("compile", folder / "model.safetensors", "--out", folder / "network.safetensors")
    arguments = ("--data", folder / "digits.npy", "--backends", "engine", "--steps", 8)
    result = invoke("check", folder / "network.safetensors", "--against", folder / "model.safetensors", *arguments)
    assert result.code == 0
    assert "Against model.safetensors" in result.out
    assert "the same answer for" in result.out
