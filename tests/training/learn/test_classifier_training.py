from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from quantal.neuro.errors import QuantalError
from quantal.neuro.network import files
from quantal.training.data.digits import LabelledImages, small_digits
from quantal.training.learn.classifier import fit_classifier, load_classifier, model_of, schedule, shift_images
from quantal.training.learn.classifier_checkpoint import NOUN, load_classifier_checkpoint
from quantal.training.learn.classifier_settings import ClassifierSettings
from quantal.training.models.spiking_classifier import SpikingClassifier, evaluate_classifier

SMALL = ClassifierSettings(architecture="48-10", epochs=12, batch=64, steps=6, shift_pixels=0)
QUICK = replace(SMALL, epochs=1, batch=400)
"""Three updates."""


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def digits() -> LabelledImages:
    return small_digits()


def same(one: SpikingClassifier, other: SpikingClassifier) -> bool:
    ours, theirs = one.state_dict(), other.state_dict()
    return all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize(
    ("changes", "lowest_accuracy"),
    [
        ({}, 0.9),
        ({"architecture": "8c3-p2-10", "epochs": 15, "learning_rate": 0.02}, 0.85),
        ({"readout": "spikes", "gain": 4.0, "epochs": 16}, 0.85),
        ({"reset": "subtract"}, 0.9),
        ({"coding": "rate"}, 0.85),
        ({"coding": "latency"}, 0.6),
        ({"coding": "rows", "architecture": "32r-10", "steps": 8, "learning_rate": 0.02, "first_gain": 6.0}, 0.7),
    ],
    ids=str,
)
def test_a_classifier_learns_digits(digits: LabelledImages, changes: dict[str, object], lowest_accuracy: float) -> None:
    """Chance is one in ten."""
    model = fit_classifier(digits, replace(SMALL, **changes))
    assert evaluate_classifier(model, digits.held_out, digits.held_out_labels)["accuracy"] > lowest_accuracy


def test_gains_do_not_scale_recurrent_weights() -> None:
    one, other = (
        model_of(replace(SMALL, architecture="6r-10", first_gain=gain, gain=gain), (8, 8)) for gain in (1.0, 3.0)
    )
    for (name, before), after in zip(one.named_parameters(), other.parameters(), strict=True):
        expected = before if name.endswith("recurrent_weights") else 3 * before
        assert torch.allclose(after, expected), name


def test_a_rate_penalty_makes_spikes_rare(digits: LabelledImages) -> None:
    rates = []
    for penalty in (0.0, 2.0):
        model = fit_classifier(digits, replace(SMALL, rate_penalty=penalty))
        rates.append(evaluate_classifier(model, digits.held_out, digits.held_out_labels)["rate"])
    assert rates[1] < rates[0] / 2


def test_progress_reports_each_update(digits: LabelledImages) -> None:
    reported: list[tuple[int, int, dict[str, float]]] = []
    fit_classifier(digits, QUICK, progress=lambda *each: reported.append(each))
    assert [each[:2] for each in reported] == [(1, 3), (2, 3), (3, 3)]
    assert all(each[2]["loss"] > 0 and 0 <= each[2]["rate"] <= 1 for each in reported)


def test_validation_accuracy_is_reported_after_each_epoch(digits: LabelledImages) -> None:
    """Held-out images are not used: wrong ones change nothing."""
    reported: list[dict[str, float]] = []
    blind = replace(digits, held_out=0 * digits.held_out, held_out_labels=0 * digits.held_out_labels)
    model = fit_classifier(blind, replace(QUICK, epochs=2), progress=lambda *each: reported.append(each[2]))
    assert ["validation" in each for each in reported] == [False, False, True] * 2
    assert (
        reported[-1]["validation"]
        == evaluate_classifier(model, digits.validation, digits.validation_labels)["accuracy"]
    )
    assert same(model, fit_classifier(digits, replace(QUICK, epochs=2)))


def test_without_validation_images_no_validation_is_reported(digits: LabelledImages) -> None:
    reported: list[dict[str, float]] = []
    none = replace(digits, validation=digits.validation[:0], validation_labels=digits.validation_labels[:0])
    fit_classifier(none, QUICK, progress=lambda *each: reported.append(each[2]))
    assert all(set(each) == {"loss", "rate"} for each in reported)


@pytest.mark.parametrize("coding", ["current", "rate"])
def test_seeds_reproduce_and_differ(digits: LabelledImages, coding: str) -> None:
    settings = replace(QUICK, coding=coding, shift_pixels=1)
    first, again, other = (fit_classifier(digits, replace(settings, seed=seed)) for seed in (1, 1, 2))
    assert same(first, again)
    assert not same(first, other)


def test_initial_weights_are_a_function_of_the_seed() -> None:
    first, again, other = (model_of(replace(QUICK, seed=seed), (8, 8)) for seed in (1, 1, 2))
    assert same(first, again)
    assert not same(first, other)


def test_training_does_not_touch_torchs_random_state(digits: LabelledImages) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    fit_classifier(digits, QUICK)
    assert torch.equal(torch.rand(3), expected)


KILLED = """
import os, signal, sys, torch
sys.path[:0] = {path!r}
from quantal.training.learn import classifier
from test_classifier_training import CHECKPOINT_EVERY, KILLED_RUN, fit_classifier, small_digits
classifier.CHECKPOINT_EVERY = CHECKPOINT_EVERY
torch.set_num_threads(1)
def kill(done, total, reported):
    if done == 87:
        os.kill(os.getpid(), signal.SIGKILL)
fit_classifier(small_digits(), KILLED_RUN, {checkpoint!r}, progress=kill)
"""
KILLED_RUN = ClassifierSettings(architecture="12-10", coding="rate", epochs=2, batch=20, steps=2, shift_pixels=1)
CHECKPOINT_EVERY = 50


def test_a_killed_run_resumes_to_the_same_weights(digits: LabelledImages, tmp_path: Path) -> None:
    checkpoint = str(tmp_path / "run.safetensors")
    program = KILLED.format(path=[str(Path(__file__).parent), *sys.path], checkpoint=checkpoint)
    killed = subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=False)
    assert killed.returncode == -signal.SIGKILL
    reported: list[int] = []
    resumed = fit_classifier(
        digits, KILLED_RUN, checkpoint, resume=True, progress=lambda done, *_: reported.append(done)
    )
    assert reported == list(range(51, 125))
    assert same(resumed, fit_classifier(digits, KILLED_RUN))
    assert [file.name for file in tmp_path.iterdir()] == ["run.safetensors"]


@pytest.fixture
def path(digits: LabelledImages, tmp_path: Path) -> Path:
    fit_classifier(digits, QUICK, tmp_path / "run.safetensors")
    return tmp_path / "run.safetensors"


def test_a_finished_run_is_returned_without_training(digits: LabelledImages, path: Path) -> None:
    reported: list[int] = []
    model = fit_classifier(digits, QUICK, path, resume=True, progress=lambda done, *_: reported.append(done))
    assert reported == []
    assert same(model, load_classifier(path))
    assert same(model, fit_classifier(digits, QUICK))


def test_a_run_killed_before_its_first_checkpoint_starts_from_the_beginning(
    digits: LabelledImages, tmp_path: Path
) -> None:
    assert same(fit_classifier(digits, QUICK, tmp_path / "none", resume=True), fit_classifier(digits, QUICK))


def test_resuming_needs_a_file(digits: LabelledImages) -> None:
    with pytest.raises(QuantalError, match="nothing to resume from"):
        fit_classifier(digits, QUICK, resume=True)


def test_resuming_with_other_settings_names_them(digits: LabelledImages, path: Path) -> None:
    with pytest.raises(QuantalError) as caught:
        fit_classifier(digits, replace(QUICK, decay=0.25), path, resume=True)
    assert str(caught.value) == (
        f"{path}: the checkpoint belongs to another run\n  expected decay 0.25, got decay 0.5\n"
        "  train without resuming, or with the settings and samples of the checkpoint"
    )


def test_resuming_with_other_labels_is_an_error(digits: LabelledImages, path: Path) -> None:
    other = replace(digits, train_labels=np.roll(digits.train_labels, 1))
    with pytest.raises(QuantalError, match=r"another run\n  expected samples [0-9a-f]{12}, got samples [0-9a-f]{12}\n"):
        fit_classifier(other, QUICK, path, resume=True)


def test_a_checkpoint_truncated_anywhere_is_an_error(path: Path) -> None:
    data = path.read_bytes()
    for length in range(0, len(data), 499):
        path.write_bytes(data[:length])
        with pytest.raises(QuantalError, match="not a valid quantal file"):
            load_classifier_checkpoint(path)


@pytest.mark.parametrize(
    "change",
    [
        {"settings": {"architecture": "48-10", "speed": 9}},
        {"settings": {"architecture": "49-10"}},
        {"sample_shape": [8, 9]},
        {"sample_shape": None},
        {"colour": "red"},
    ],
)
def test_an_intact_file_with_a_wrong_body_is_an_error(path: Path, change: dict[str, object]) -> None:
    body, tensors = files.read(path, NOUN)
    files.write(path, NOUN, body | change, tensors)
    with pytest.raises(QuantalError, match="not a valid quantal file"):
        load_classifier(path)


def test_a_class_without_a_unit_is_an_error(digits: LabelledImages) -> None:
    with pytest.raises(QuantalError) as caught:
        fit_classifier(digits, replace(QUICK, architecture="12-9"))
    assert str(caught.value) == "12-9: fewer units than classes\n  expected at least 10, got 9"


def test_a_batch_larger_than_the_training_set_is_an_error(digits: LabelledImages) -> None:
    with pytest.raises(
        QuantalError, match=r"batch: the batch is larger than the training set\n  expected at most 1258, got 1259"
    ):
        fit_classifier(digits, replace(QUICK, batch=1259))


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [schedule(done) for done in np.linspace(0, 1, 101)]
    assert int(np.argmax(rates)) == 20
    assert rates[20] == pytest.approx(1)
    assert (rates[0], rates[-1]) == (pytest.approx(0.04), pytest.approx(0))


def test_shifts_move_whole_images() -> None:
    images = np.zeros((200, 5, 6), np.uint8)
    images[:, 2, 3] = 9
    found = shift_images(images, 2, np.random.default_rng(0))
    assert (found.sum(axis=(1, 2)) == 9).all()
    _, rows, columns = np.nonzero(found)
    assert set(rows) == {0, 1, 2, 3, 4}
    assert set(columns) == {1, 2, 3, 4, 5}
    assert np.array_equal(shift_images(images, 0, np.random.default_rng(0)), images)
