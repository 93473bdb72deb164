from __future__ import annotations

import numpy as np
import pytest
import torch
from norse.torch import LIBoxCell, LIFBoxCell, LIFRecurrentCell, SequentialState
from torch import nn

from quantal.neuro.errors import QuantalError
from quantal.training.data.digits import small_digits
from quantal.training.models.spiking_classifier import (
    Neuron,
    SpikingClassifier,
    evaluate_classifier,
    parse_architecture,
)

NEURON = Neuron(decay=0.5, reset="zero", surrogate_slope=2.0)


def classifier(architecture: str = "20-10", neuron: Neuron = NEURON, **options: str) -> SpikingClassifier:
    torch.manual_seed(0)
    model = SpikingClassifier(architecture, (8, 8), neuron, 0.1, 6, **options)
    with torch.no_grad():
        for weight in model.parameters():
            weight *= 4
    return model


@pytest.fixture
def images() -> torch.Tensor:
    return torch.from_numpy(small_digits().held_out[:30])


def test_an_architecture_alternates_torch_layers_and_norse_cells() -> None:
    layers = classifier("4c5s2-p2-12-10").layers
    kinds = [nn.Conv2d, LIFBoxCell, nn.AvgPool2d, nn.Flatten, nn.Linear, LIFBoxCell, nn.Linear, LIBoxCell]
    assert [type(layer) for layer in layers] == kinds
    assert [tuple(weight.shape) for weight in layers.parameters()] == [(4, 1, 5, 5), (12, 16), (10, 12)]
    assert isinstance(layers, SequentialState)


@pytest.mark.parametrize("architecture", ["12-10", "3c3-10", "3c5s3-4c3s2-10", "3c2-p2-10", "6r-10"])
@pytest.mark.parametrize("readout", ["potential", "spikes"])
def test_every_architecture_gives_scores(architecture: str, readout: str, images: torch.Tensor) -> None:
    response = classifier(architecture, readout=readout)(images)
    hidden = architecture.count("-") - architecture.count("p")
    assert response.scores.shape == (30, 10)
    assert response.rates.shape == (hidden + (readout == "spikes"),)
    assert bool(((response.rates >= 0) & (response.rates <= 1)).all())


@pytest.mark.parametrize("reset", ["zero", "subtract"])
def test_scores_follow_the_equations(reset: str, images: torch.Tensor) -> None:
    """The network in NumPy: `v ← v + d (a − v)`, a spike above 1, a reset, and a leaky integrator."""
    model = classifier("20-10", Neuron(0.4, reset, 2.0)).double()
    first, second = (weight.detach().numpy() for weight in model.parameters())
    drive = images.flatten(1).numpy().astype(np.float32).astype(float) / 255 @ first.T
    v, u, spikes = np.zeros((30, 20)), np.zeros((30, 10)), []
    for _ in range(6):
        v += 0.4 * (drive - v)
        spikes.append(v > 1)
        v = np.where(spikes[-1], 0 if reset == "zero" else v - 1, v)
        u += 0.1 * (spikes[-1] @ second.T - u)
    with torch.no_grad():
        response = stepped(model, images)
    assert response[0] == pytest.approx(u, abs=1e-5)
    assert response[1] == pytest.approx(np.mean(spikes))


def stepped(model: SpikingClassifier, images: torch.Tensor) -> tuple[np.ndarray, float]:
    """Scores and rate in double precision."""
    model.encode = lambda images, generator=None: (images[:, None].double() / 255).expand(6, -1, -1, -1, -1)
    response = model(images)
    return response.scores.numpy(), float(response.rates[0])


@pytest.mark.parametrize("architecture", ["20-10", "4c3s2-20-10", "6r-10"])
@pytest.mark.parametrize("coding", ["current", "rate", "latency"])
def test_the_model_equals_its_layers_called_once_per_step(architecture: str, coding: str, images: torch.Tensor) -> None:
    """A constant current is multiplied by the first weights only once, with the same result."""
    model, state = classifier(architecture, coding=coding), None
    with torch.no_grad():
        for drive in model.encode(images, torch.Generator().manual_seed(1)):
            output, state = model.layers(drive, state)
        assert torch.equal(model(images, torch.Generator().manual_seed(1)).scores, output)


def test_spikes_of_the_readout_are_counted(images: torch.Tensor) -> None:
    model = classifier(readout="spikes")
    with torch.no_grad():
        [*model.parameters()][-1].mul_(20)
    scores = model(images).scores
    assert set(scores.unique().tolist()) <= set(range(7))
    assert len(scores.unique()) > 2


def test_every_weight_has_a_gradient(images: torch.Tensor) -> None:
    model = classifier("4c3s2-6r-12-10")
    model(images).scores.square().sum().backward()
    for name, weight in model.named_parameters():
        assert float(weight.grad.abs().max()) > 0, name


def test_a_steeper_surrogate_is_narrower(images: torch.Tensor) -> None:
    sizes = []
    for slope in (1.0, 20.0):
        model = classifier("20-10", Neuron(0.5, "zero", slope))
        model(images).scores.square().sum().backward()
        sizes.append(float(next(model.parameters()).grad.norm()))
    assert sizes[0] > 2 * sizes[1]


def test_recurrent_units_do_not_excite_themselves() -> None:
    cell = classifier("6r-10").layers[1]
    assert isinstance(cell, LIFRecurrentCell)
    assert bool((cell.recurrent_weights.diagonal() == 0).all())


@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        ("512-x-10", "512-x-10: no such layer\n  expected layers such as 16c5s2, p2, 128r or 512, joined by -, got x"),
        ("0-10", "0-10: no such layer\n  expected layers such as 16c5s2, p2, 128r or 512, joined by -, got 0"),
        ("8c3", "8c3: the last layer isn't dense\n  expected a number of classes at the end"),
        ("p2-10", "p2-10: no hidden layer\n  expected a layer of units before the last"),
    ],
)
def test_bad_architectures(architecture: str, message: str) -> None:
    with pytest.raises(QuantalError) as caught:
        parse_architecture(architecture)
    assert str(caught.value) == message


@pytest.mark.parametrize("architecture", ["20-8c3-10", "20-p2-10"])
def test_no_layer_of_images_follows_a_dense_layer(architecture: str) -> None:
    with pytest.raises(QuantalError, match=r"takes images\n  expected no dense layer before it, got shape \(20,\)"):
        classifier(architecture)


def test_evaluation_does_not_depend_on_batches() -> None:
    digits = small_digits()
    images, labels = np.concatenate([part for _, part, _ in digits.parts()]), np.arange(1797) % 10
    model = classifier()
    whole = evaluate_classifier(model, images, labels)
    with torch.no_grad():
        response = model(torch.from_numpy(images))
    assert whole["accuracy"] == pytest.approx(float((response.scores.argmax(dim=1).numpy() == labels).mean()))
    assert whole["rate"] == pytest.approx(float(response.rates.mean()), rel=1e-5)
