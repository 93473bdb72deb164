"""Spiking classifiers: Norse cells between torch layers, built from an architecture such as `16c5s2-32c5s2-10`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from norse.torch import (
    LIBoxCell,
    LIBoxParameters,
    LIFBoxCell,
    LIFBoxParameters,
    LIFParameters,
    LIFRecurrentCell,
    SequentialState,
)
from norse.torch.functional.reset import reset_subtract, reset_value
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from quantal.neuro.errors import QuantalError
from quantal.training.data.spike_coding import CODINGS
from quantal.training.models.architecture import parse_architecture

STEPS_PER_SECOND = 1000.0
"""Steps of 1 ms, which is Norse's default; converts the share that leaks away per step to a rate."""

EVALUATION_BATCH = 500
"""Images that are evaluated at once."""


@dataclass(frozen=True)
class Neuron:
    """Parameters of all hidden units: leak per step, kind of reset, slope of the surrogate derivative."""

    decay: float
    reset: str
    surrogate_slope: float


@dataclass(frozen=True, eq=False)
class Response:
    """Output of a classifier: `scores` `(batch, classes)`, and `rates` `(layers,)` in spikes per unit and step."""

    scores: Tensor
    rates: Tensor


RESETS = {"zero": reset_value, "subtract": reset_subtract}


def spiking_cell(neuron: Neuron) -> LIFBoxCell:
    """Spiking units without a synaptic current: `v ← v + decay (a − v)`, then a spike and a reset where v > 1."""
    parameters = LIFBoxParameters(
        tau_mem_inv=torch.tensor(neuron.decay * STEPS_PER_SECOND),
        method="tanh",  # Norse 1.1's "super" ignores its slope
        alpha=torch.tensor(neuron.surrogate_slope),
        reset_method=RESETS[neuron.reset],
    )
    return LIFBoxCell(parameters)


def integrator_cell(neuron: Neuron) -> LIBoxCell:
    """A leaky integrator that never spikes."""
    return LIBoxCell(LIBoxParameters(tau_mem_inv=torch.tensor(neuron.decay * STEPS_PER_SECOND)))


@dataclass(frozen=True)
class Readout:
    """The cell of the last layer, and the scores from its output `(steps, batch, classes)`."""

    cell: Callable[[Neuron], nn.Module]
    scores: Callable[[Tensor], Tensor]


READOUTS = {
    "potential": Readout(integrator_cell, lambda potential: potential[-1]),
    "spikes": Readout(spiking_cell, lambda spikes: spikes.sum(dim=0)),
}

Shape = tuple[int, ...]
Layer = tuple[list[nn.Module], Shape]


def convolution(shape: Shape, neuron: Neuron, channels: int, kernel: int, stride: int | None) -> Layer:
    """A convolution, padded by half its kernel, and spiking units."""
    check_image(shape, f"{channels}c{kernel}")
    weights = nn.Conv2d(shape[0], channels, kernel, stride or 1, kernel // 2, bias=False)
    sides = ((side + 2 * (kernel // 2) - kernel) // (stride or 1) + 1 for side in shape[1:])
    return [weights, spiking_cell(neuron)], (channels, *sides)


def pool(shape: Shape, neuron: Neuron, side: int) -> Layer:
    """An average pool over squares."""
    check_image(shape, f"p{side}")
    return [nn.AvgPool2d(side)], (shape[0], *(each // side for each in shape[1:]))


def dense(shape: Shape, neuron: Neuron, units: int) -> Layer:
    """All-to-all weights and spiking units."""
    return [*flatten(shape), nn.Linear(int(np.prod(shape)), units, bias=False), spiking_cell(neuron)], (units,)


def recurrent(shape: Shape, neuron: Neuron, units: int) -> Layer:
    """Spiking units that are recurrently connected with a delay of one step; they always reset to zero."""
    parameters = LIFParameters(
        tau_syn_inv=torch.tensor(STEPS_PER_SECOND),
        tau_mem_inv=torch.tensor(neuron.decay * STEPS_PER_SECOND),
        method="tanh",
        alpha=torch.tensor(neuron.surrogate_slope),
    )
    return [*flatten(shape), LIFRecurrentCell(int(np.prod(shape)), units, parameters)], (units,)


def check_image(shape: Shape, word: str) -> None:
    """Raise `QuantalError` for a layer that takes images but follows a dense one."""
    if len(shape) != 3:
        raise QuantalError(
            "takes images", where=f"layer {word}", expected="no dense layer before it", got=f"shape {shape}"
        )


def flatten(shape: Shape) -> list[nn.Module]:
    """A module that flattens images, where there are any."""
    return [nn.Flatten()] if len(shape) > 1 else []


LAYERS: dict[str, Callable[..., Layer]] = {
    "convolution": convolution,
    "pool": pool,
    "recurrent": recurrent,
    "dense": dense,
}
"""Kind of layer in `training.models.architecture` to the function that builds it."""


class SpikingClassifier(nn.Module):
    """A spiking network that classifies images.

    `layers` is a `norse.torch.SequentialState` that is called once per step; weights have no bias and thresholds are 1.

    Parameters
    ----------
    architecture, coding, readout, steps
        As in `training.learn.classifier_settings.ClassifierSettings`.
    shape
        Height and width of an image.
    neuron
        Parameters of hidden units.
    readout_decay
        Share of the read-out's potential that leaks away in one step.
    """

    def __init__(
        self,
        architecture: str,
        shape: tuple[int, int],
        neuron: Neuron,
        readout_decay: float,
        steps: int,
        coding: str = "current",
        readout: str = "potential",
    ) -> None:
        super().__init__()
        input_shape = CODINGS[coding](torch.zeros(1, 1, *shape), steps, None).shape[2:]
        output = Neuron(readout_decay, neuron.reset, neuron.surrogate_slope)
        self.layers = SequentialState(
            *modules(architecture, tuple(input_shape), neuron), READOUTS[readout].cell(output)
        )
        self.steps, self.coding, self.readout, self.shape = steps, coding, readout, shape

    def encode(self, images: Tensor, generator: Generator | None = None) -> Tensor:
        """Input of every step `(steps, batch, …)` from bytes `(batch, height, width)`."""
        return CODINGS[self.coding](images[:, None].float() / 255, self.steps, generator)

    def forward(self, images: Tensor, generator: Generator | None = None) -> Response:
        """Scores of the classes for images `(batch, height, width)`, uint8."""
        first_cell = self.layers.stateful_layers.index(True)
        layers = [*self.layers]
        weights, network = (
            nn.Sequential(*layers[:first_cell]),
            SequentialState(*layers[first_cell:], return_hidden=True),
        )
        inputs = self.encode(images, generator)
        constant = weights(inputs[0]) if self.coding == "current" else None  # the same at every step
        state, outputs = None, []
        for entering in inputs:
            hidden, state = network(weights(entering) if constant is None else constant, state)
            outputs.append(hidden)
        rates = [torch.stack(spikes).mean() for spikes in spikes_of(network, outputs)]
        scores = READOUTS[self.readout].scores(torch.stack([hidden[-1] for hidden in outputs]))
        return Response(scores, torch.stack(rates))


def modules(architecture: str, shape: Shape, neuron: Neuron) -> Iterator[nn.Module]:
    """All layers of an architecture except the last cell."""
    words = parse_architecture(architecture)
    for index, (layer, numbers) in enumerate(words):
        layer_modules, shape = LAYERS[layer](shape, neuron, *numbers)
        yield from layer_modules[: len(layer_modules) - (index == len(words) - 1)]


def spikes_of(network: SequentialState, outputs: list[list[Tensor]]) -> Iterator[list[Tensor]]:
    """The spikes of each spiking layer, one tensor per step."""
    for index, module in enumerate(network):
        if network.stateful_layers[index] and not isinstance(module, LIBoxCell):
            yield [hidden[index] for hidden in outputs]


@torch.no_grad()
def evaluate_classifier(
    model: SpikingClassifier, images: NDArray[np.uint8], labels: NDArray[np.int64]
) -> dict[str, float]:
    """Evaluate a classifier on images `(samples, height, width)` with labels `(samples,)`.

    `accuracy` is the share of images whose class has the highest score, `rate` the mean over layers of spikes per
    unit and step. Random input spikes are the same in every call.
    """
    generator = torch.Generator().manual_seed(0)
    batches = torch.from_numpy(np.ascontiguousarray(images)).split(EVALUATION_BATCH)
    correct, rates = 0, 0.0
    for batch, classes in zip(batches, torch.from_numpy(labels).split(EVALUATION_BATCH), strict=True):
        response = model(batch, generator)
        correct += int((response.scores.argmax(dim=1) == classes).sum())
        rates += float(response.rates.mean()) * len(batch)
    return {"accuracy": correct / len(images), "rate": rates / len(images)}
