"""Fine-tune a deployed classifier in integers: training runs its forward pass in the chip's own arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from quantal.neuro.errors import QuantalError
from quantal.neuro.simulate.drive import encode
from quantal.training.data.digits import LabelledImages
from quantal.training.learn.classifier import schedule, shift_images
from quantal.training.learn.deployment import Deployment, samples_of
from quantal.training.learn.quantised_network import QuantisedNetwork, Response

Progress = Callable[[int, int, dict[str, float]], None]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class FineTuning:
    """Settings of fine-tuning in integers.

    Parameters
    ----------
    epochs, batch, learning_rate, seed
        As in `ClassifierSettings`.
    shift_pixels
        Images are shifted at random by up to this many pixels in each direction.
    """

    epochs: int = 1
    batch: int = 128
    learning_rate: float = 2e-4
    shift_pixels: int = 1
    seed: int = 0


def fine_tune(
    deployment: Deployment,
    images: LabelledImages,
    settings: FineTuning | None = None,
    progress: Progress = lambda done, total, metrics: None,
) -> tuple[QuantisedNetwork, Deployment]:
    """Train all weights and biases on the chip with a forward pass in the chip's own arithmetic.

    Returns the trained module and its deployment, which give the same scores. The weights of a first layer that stays
    on the host are not trained. `progress` is called with the number of updates done, their total, and the `loss` of
    the batch.
    """
    settings = settings or FineTuning()
    module = QuantisedNetwork(deployment.graph, deployment.network, deployment.options)
    optimiser = torch.optim.AdamW(module.parameters(), lr=settings.learning_rate, weight_decay=0.0)
    total = settings.epochs * (len(images.train) // settings.batch)
    for update, (pixels, labels) in enumerate(batches(images, settings)):
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * schedule(update / total)
        generator = torch.Generator().manual_seed(settings.seed * 2**31 + update)
        loss = nn.functional.cross_entropy(differentiable_scores(deployment, module, pixels, generator), labels)
        if not torch.isfinite(loss):
            raise QuantalError("training diverged", where=f"update {update}", hint="lower learning_rate")
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        progress(update + 1, total, {"loss": loss.item()})
    return module, replace(deployment, network=module.deployed())


def batches(images: LabelledImages, settings: FineTuning) -> Iterator[tuple[Pixels, Tensor]]:
    """Randomly shifted images and labels of every update."""
    rng = np.random.default_rng([settings.seed, 3])
    for _ in range(settings.epochs):
        order = rng.permutation(len(images.train))
        for first in range(0, len(order) - settings.batch + 1, settings.batch):
            chosen = order[first : first + settings.batch]
            labels = torch.from_numpy(images.train_labels[chosen])
            yield shift_images(images.train[chosen], settings.shift_pixels, rng), labels


def differentiable_scores(
    deployment: Deployment, module: QuantisedNetwork, images: Pixels, generator: Generator | None = None
) -> Tensor:
    """The scores of `deployment.scores` with gradients, `(batch, classes)` in physical units."""
    drive = encode(deployment.network, samples_of(deployment, images, generator))
    tensors = {name: torch.from_numpy(value.astype(np.float64)) for name, value in drive.items()}
    response = module(tensors, deployment.steps, recorded=(deployment.output,))
    return DIFFERENTIABLE_SCORES[deployment.model.readout](deployment, response)


def differentiable_potential(deployment: Deployment, response: Response) -> Tensor:
    """v after the last step, in units of the float model's threshold."""
    return response.potentials[deployment.output][-1] * deployment.network.population(deployment.output).state_scale


def differentiable_spike_count(deployment: Deployment, response: Response) -> Tensor:
    """Number of spikes, counted from the first step that the sample can affect."""
    return response.messages[deployment.output][deployment.latency :].sum(dim=0)


DIFFERENTIABLE_SCORES = {"potential": differentiable_potential, "spikes": differentiable_spike_count}
