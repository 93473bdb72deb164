"""Classifiers are trained, resumed and shown on the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quantal.commands.cli import USER_ERROR
from quantal.training.data.digits import small_digits

SMALL = ("--set", "architecture=24-10", "--set", "epochs=6", "--set", "batch=32", "--set", "shift_pixels=0")


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> Path:
    found, path = small_digits(), tmp_path_factory.mktemp("digits") / "digits.npz"
    images, labels = (found.train, found.validation), (found.train_labels, found.validation_labels)
    arrays = {"x_train": np.concatenate(images), "y_train": np.concatenate(labels)}
    np.savez(path, **arrays, x_test=found.held_out, y_test=found.held_out_labels)
    return path


def test_train_resume_and_show(invoke, digits, tmp_path):
    out = tmp_path / "model.safetensors"
    train = ("train", "mnist-mlp", "--data", digits, *SMALL, "--out", out, "--json")
    value = invoke(*train).value
    assert value["accuracy"] > 0.7
    assert value["samples"] == {"source": "digits.npz", "train": 1318, "held_out": 359}
    before = out.read_bytes()
    assert invoke(*train, "--resume").value["accuracy"] == value["accuracy"]
    assert out.read_bytes() == before
    shown = invoke("show", out, "--json").value
    assert (shown["noun"], shown["update"], shown["settings"]["architecture"]) == ("classifier", 246, "24-10")
    assert shown["weights"] == {"layers.1.weight": [24, 64], "layers.3.weight": [10, 24]}


def test_a_table_is_printed_without_json(invoke, digits, tmp_path):
    train = ("train", "mnist-conv", "--data", digits, *SMALL, "--set", "architecture=2c3s2-10", "--set", "epochs=1")
    assert "accuracy (held-out samples)" in invoke(*train, "--out", tmp_path / "model").out


def test_a_setting_of_another_recipe(invoke, digits, tmp_path):
    result = invoke("train", "mnist-mlp", "--data", digits, "--set", "latents=5", "--out", tmp_path / "model")
    assert result.code == USER_ERROR
    assert "latents: no such setting\n  expected one of architecture, coding" in result.err


def test_missing_digits(invoke, tmp_path):
    result = invoke("train", "mnist-mlp", "--data", tmp_path / "none.npz", "--out", tmp_path / "model")
    assert result.code == USER_ERROR
    assert "none.npz: no file of digits" in result.err
