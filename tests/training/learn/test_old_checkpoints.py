"""Checkpoints of schema 1 load."""

from __future__ import annotations

from pathlib import Path

from quantal.training.learn.classifier_checkpoint import load_classifier_checkpoint
from quantal.training.learn.poisson_vae_checkpoint import load_poisson_vae_checkpoint

OLD = Path(__file__).parents[2] / "support" / "old_files"


def test_a_checkpoint_of_the_local_rule():
    checkpoint = load_poisson_vae_checkpoint(OLD / "checkpoint.safetensors")
    assert (checkpoint.update, checkpoint.settings.latents, checkpoint.input_scale) == (3, 2, 0.5)


def test_the_layout_of_an_old_classifier_is_read_as_its_architecture():
    checkpoint = load_classifier_checkpoint(OLD / "classifier.safetensors")
    assert (checkpoint.settings.architecture, checkpoint.settings.steps) == ("4r-2", 3)
    assert checkpoint.weights["w"].tolist() == [1, 1]
