from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from quantal.neuro.errors import QuantalError
from quantal.training.data.heartbeats import heartbeats, load_heartbeats
from quantal.training.learn.classifier import fit_classifier
from quantal.training.models.spiking_classifier import evaluate_classifier
from quantal.training.recipes.registry import RECIPES

RATE_HZ = 360.0


def recording(beats: int = 160, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A signal in mV of random narrow and wide bumps, and which of them are wide."""
    rng = np.random.default_rng(seed)
    wide = rng.random(beats) < 0.4
    seconds = np.arange(round((beats + 1) * 0.8 * RATE_HZ)) / RATE_HZ
    centres = 0.8 * (np.arange(beats) + 1) + rng.uniform(-0.1, 0.1, beats)
    sizes, spreads = rng.uniform(1.4, 2.2, beats), np.where(wide, 0.04, 0.008)
    signal = sum(a * np.exp(-(((seconds - c) / s) ** 2) / 2) for a, c, s in zip(sizes, centres, spreads, strict=True))
    return signal + 0.03 * rng.standard_normal(len(seconds)), wide


def test_width_decides_the_class() -> None:
    signal, wide = recording()
    found = heartbeats(signal, RATE_HZ, "bumps")
    labels = np.concatenate([part for _, _, part in found.parts()])
    assert np.array_equal(labels, wide[: len(labels)])
    assert len(labels) >= 159
    assert [len(part) for _, _, part in found.parts()] == [96, 24, 40]


def test_a_beat_is_the_signal_around_its_peak() -> None:
    """One row per 12.5 ms from 0.2 s before the peak; one column for positive, one for negative amplitudes."""
    signal, _ = recording()
    for sign, column in ((1, 0), (-1, 1)):
        found = heartbeats(sign * signal, RATE_HZ, "bumps")
        assert found.shape == (48, 2)
        assert set(found.train[:, :, column].argmax(axis=1)) <= {15, 16}
        assert (found.train[:, 15:17, 1 - column] == 0).all()
        narrow, wide = (
            (found.train[found.train_labels == each][:, :, column] > 64).sum(axis=1).mean() for each in (0, 1)
        )
        assert wide > 2 * narrow


def test_the_recipe_learns_to_classify_beats() -> None:
    torch.set_num_threads(1)
    images = heartbeats(recording()[0], RATE_HZ, "bumps")
    settings = replace(RECIPES["ecg-beats"].settings(), epochs=8)
    model = fit_classifier(images, settings)
    assert evaluate_classifier(model, images.held_out, images.held_out_labels)["accuracy"] > 0.9


def test_the_units_of_a_file_are_converted(tmp_path: Path) -> None:
    signal, _ = recording()
    np.savez(tmp_path / "a.npz", adc=signal * 200 + 1024, fs=RATE_HZ, gain=200.0, offset=1024)
    found, expected = load_heartbeats(tmp_path / "a.npz"), heartbeats(signal, RATE_HZ, "a.npz")
    assert np.array_equal(found.train_labels, expected.train_labels)
    assert np.abs(found.train.astype(int) - expected.train).max() <= 1
    assert found.source == "a.npz"


def test_bad_recordings(tmp_path: Path) -> None:
    with pytest.raises(QuantalError, match=r"--data: no recording\n  expected .npz with adc, fs, gain and offset\n"):
        load_heartbeats(None)
    np.savez(tmp_path / "a.npz", adc=np.zeros(10))
    with pytest.raises(QuantalError, match="the recording can't be read"):
        load_heartbeats(tmp_path / "a.npz")
    with pytest.raises(QuantalError, match=r"flat: too few beats\n  expected at least 4, got 0"):
        heartbeats(np.zeros(3600), RATE_HZ, "flat")
