"""From a trained classifier to integers: its answers with every input coding, and fine-tuning in integers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from quantal.hardware import lava
from quantal.neuro import engine
from quantal.neuro.compile import Options
from quantal.neuro.network.inputs import host_share
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.drive import encode
from quantal.training.data.digits import LabelledImages, small_digits
from quantal.training.learn.classifier import fit_classifier
from quantal.training.learn.classifier_settings import ClassifierSettings
from quantal.training.learn.deployment import accuracy, deploy, samples_of, scores
from quantal.training.learn.fine_tuning import FineTuning, differentiable_scores, fine_tune
from quantal.training.models.spiking_classifier import SpikingClassifier, evaluate_classifier

SMALL = ClassifierSettings(architecture="48-10", epochs=8, batch=64, steps=6, shift_pixels=0)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def digits() -> LabelledImages:
    return small_digits()


@pytest.fixture(scope="module")
def model(digits: LabelledImages) -> SpikingClassifier:
    return fit_classifier(digits, SMALL)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"architecture": "8c3-p2-10", "learning_rate": 0.02},
        {"readout": "spikes", "gain": 4.0},
        {"reset": "subtract"},
        {"coding": "rate"},
        {"coding": "latency", "epochs": 3},
        {"coding": "rows", "architecture": "32r-10", "steps": 8, "learning_rate": 0.02, "first_gain": 6.0},
    ],
    ids=str,
)
def test_integers_classify_as_the_float_model_does(digits: LabelledImages, changes: dict[str, object]) -> None:
    """All 359 images except a few near a decision boundary; one image is 0.28 percentage points."""
    model = fit_classifier(digits, replace(SMALL, **changes))
    held_out = digits.held_out, digits.held_out_labels
    expected = evaluate_classifier(model, *held_out)["accuracy"]
    host, chip = (deploy(model, Options(input=place)) for place in ("host", "chip"))
    assert abs(accuracy(host, *held_out) - expected) <= 0.02
    assert abs(accuracy(chip, *held_out) - expected) <= 0.02
    assert host_share(host.network) > host_share(chip.network) == 0
    assert chip.steps == host.steps + 1


def test_scores_approximate_the_potentials_of_the_float_model(digits: LabelledImages, model: SpikingClassifier) -> None:
    """Where no spike moves, the scores differ only by the rounding of the weights."""
    deployment = deploy(model)
    state_scale = deployment.network.population(deployment.output).state_scale
    got = scores(deployment, digits.held_out[:100]) * state_scale
    with torch.no_grad():
        expected = model(torch.from_numpy(digits.held_out[:100])).scores.numpy()
    assert np.median(np.abs(got - expected)) < 0.02 * np.abs(expected).max()


def test_the_network_is_equal_on_every_backend(digits: LabelledImages, model: SpikingClassifier) -> None:
    deployment = deploy(model, Options(input="chip"))
    drive = encode(deployment.network, samples_of(deployment, digits.held_out[:2]))
    expected = reference.run(deployment.network, drive, deployment.steps)
    for run in (engine.run, lava.run_fused):
        trace = run(deployment.network, drive, deployment.steps)
        for name, message in expected.messages.items():
            assert np.array_equal(trace.messages[name], message), name


def test_fine_tuning_recovers_the_accuracy_lost_to_four_bits(digits: LabelledImages, model: SpikingClassifier) -> None:
    """And the trained module classifies every image as the network that it deploys does."""
    held_out = digits.held_out, digits.held_out_labels
    coarse = deploy(model, Options(weight_bits=4, input="chip"))
    losses: list[float] = []
    settings = FineTuning(epochs=2, batch=64, learning_rate=2e-3, shift_pixels=0)
    module, tuned = fine_tune(coarse, digits, settings, lambda done, total, reported: losses.append(reported["loss"]))
    assert len(losses) == 2 * (len(digits.train) // 64)
    with torch.no_grad():
        answers = differentiable_scores(tuned, module, digits.held_out).argmax(dim=1).numpy()
    assert np.array_equal(answers, scores(tuned, digits.held_out).argmax(axis=1))
    assert accuracy(tuned, *held_out) == (answers == digits.held_out_labels).mean()
    assert accuracy(tuned, *held_out) > accuracy(coarse, *held_out) - 0.01
    assert np.mean(losses[-10:]) < np.mean(losses[:10])


def test_fine_tuning_is_a_function_of_the_seed(digits: LabelledImages, model: SpikingClassifier) -> None:
    settings = FineTuning(batch=400)
    first, second = (fine_tune(deploy(model), digits, settings)[1] for _ in range(2))
    for one, other in zip(first.network.projections, second.network.projections, strict=True):
        assert np.array_equal(one.weight.values(), other.weight.values())
