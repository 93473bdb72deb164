"""A trained classifier as an integer network: compiled, tuned in the chip's own arithmetic, and judged there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import EllipsisType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from quantal.neuro import engine
from quantal.neuro.arithmetic import Integers
from quantal.neuro.compile import Options, compile_graph
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.graph import Graph
from quantal.neuro.network.latency import latency_steps
from quantal.neuro.network.trace import Recording, Trace
from quantal.neuro.simulate.drive import encode
from quantal.training.data.digits import LabelledImages
from quantal.training.export.norse import from_norse
from quantal.training.learn.classify import schedule, shifted
from quantal.training.learn.parallel import one_thread
from quantal.training.learn.quantised import QuantisedNetwork, Response
from quantal.training.models.spiking_classifier import SpikingClassifier

Progress = Callable[[int, int, dict[str, float]], None]
Pixels = NDArray[np.uint8]

IMAGES_AT_ONCE = 2560
"""Their samples take some tens of megabytes, where they come as floats."""


@dataclass(frozen=True, eq=False)
class Deployment:
    """A classifier on the way to a chip.

    Parameters
    ----------
    model
        The float model; its coding turns pictures into samples.
    graph, network
        The same as a float graph, and compiled with `options`.
    """

    model: SpikingClassifier
    graph: Graph
    network: CountNetwork
    options: Options

    @property
    def output(self) -> str:
        """The population that answers."""
        return self.network.populations[-1].name

    @property
    def latency(self) -> int:
        """Steps by which the answer comes later than in the model."""
        return latency_steps(self.network)[self.output]

    @property
    def steps(self) -> int:
        """Steps until the answer is there."""
        return self.model.steps + self.latency

    @property
    def recording(self) -> Recording:
        """What has to be kept for an answer."""
        return RECORDED[self.model.readout](self.output)


def deploy(model: SpikingClassifier, options: Options | None = None) -> Deployment:
    """Read a trained model, and compile it."""
    options, graph = options or Options(), graph_of(model)
    network, _ = compile_graph(graph, options)
    return Deployment(model, graph, network, options)


def graph_of(model: SpikingClassifier) -> Graph:
    """A trained model as a float network; its samples are what the model's coding makes of a picture."""
    entering = model.encode(torch.zeros(1, *model.shape, dtype=torch.uint8)).shape[2:]
    return from_norse(model.layers, tuple(entering), "classifier")


def samples_of(deployment: Deployment, images: Pixels, generator: Generator | None = None) -> NDArray[np.float64]:
    """Raw samples of pictures: `(batch, features)` where a picture is a constant current, else with every step."""
    coded = deployment.model.encode(torch.from_numpy(images), generator)
    if deployment.model.coding == "current":
        return coded[0].flatten(1).double().numpy()
    steps = coded.flatten(2).double().numpy()
    return np.concatenate([steps, np.zeros((deployment.latency, *steps.shape[1:]))])


@dataclass(frozen=True, eq=False)
class Currents:
    """Pictures as constant currents, coded part by part where they are needed: as floats they take eightfold room."""

    deployment: Deployment
    images: Pixels

    @property
    def shape(self) -> tuple[int, int]:
        """`(batch, features)`."""
        return len(self.images), int(np.prod(self.images.shape[1:]))

    def __getitem__(self, key: tuple[EllipsisType, slice, slice]) -> NDArray[np.float64]:
        with one_thread():
            return samples_of(self.deployment, self.images[key[1]])


def scores(deployment: Deployment, images: Pixels, generator: Generator | None = None) -> Integers:
    """What the integer network answers, `(batch, classes)`: the read-out's v, or its spikes."""
    constant = deployment.model.coding == "current"
    samples = Currents(deployment, images) if constant else samples_of(deployment, images, generator)
    trace = engine.infer(deployment.network, samples, deployment.steps, deployment.recording)
    return ANSWERS[deployment.model.readout](deployment, trace)


def potential(deployment: Deployment, trace: Trace) -> Integers:
    """v after the last step."""
    return trace.states[deployment.output]["v"][-1]


def spike_count(deployment: Deployment, trace: Trace) -> Integers:
    """Spikes of all steps since a sample could reach the read-out."""
    return trace.messages[deployment.output][deployment.latency :].sum(axis=0)


RECORDED: dict[str, Callable[[str], Recording]] = {
    "potential": lambda output: Recording((), (output,)),
    "spikes": lambda output: Recording((output,), ()),
}
ANSWERS = {"potential": potential, "spikes": spike_count}


def accuracy(deployment: Deployment, images: Pixels, labels: Integers) -> float:
    """Share of pictures whose class has the highest score; input spikes are those that the model was judged with."""
    generator = torch.Generator().manual_seed(0)
    right = 0
    for first in range(0, len(images), IMAGES_AT_ONCE):
        part = slice(first, first + IMAGES_AT_ONCE)
        right += int((scores(deployment, images[part], generator).argmax(axis=1) == labels[part]).sum())
    return right / len(images)


@dataclass(frozen=True)
class FineTuning:
    """Settings of training in integers.

    Parameters
    ----------
    epochs, batch, learning_rate, seed
        As in `ClassifierSettings`.
    shift_pixels
        Pictures are moved at random by up to so many pixels each way.
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
    progress: Progress = lambda done, total, told: None,
) -> tuple[QuantisedNetwork, Deployment]:
    """Train the weights and biases between spiking layers with a forward pass that is the chip's arithmetic.

    Gives the module that was trained, and the deployment of what it learned: both answer the same. Gains of samples are
    no weights of the network and stay as they are. `progress` gets updates done, updates in all, and the `loss` of the
    batch.
    """
    settings = settings or FineTuning()
    module = QuantisedNetwork(deployment.graph, deployment.network, deployment.options)
    optimiser = torch.optim.AdamW(module.parameters(), lr=settings.learning_rate, weight_decay=0.0)
    total = settings.epochs * (len(images.train) // settings.batch)
    for update, (pictures, labels) in enumerate(batches(images, settings)):
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * schedule(update / total)
        generator = torch.Generator().manual_seed(settings.seed * 2**31 + update)
        loss = nn.functional.cross_entropy(trained_scores(deployment, module, pictures, generator), labels)
        if not torch.isfinite(loss):
            raise QuantalError("training diverged", where=f"update {update}", hint="lower learning_rate")
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        progress(update + 1, total, {"loss": loss.item()})
    return module, replace(deployment, network=module.deployed())


def batches(images: LabelledImages, settings: FineTuning) -> Iterator[tuple[Pixels, Tensor]]:
    """Pictures, moved at random, and labels of every update."""
    rng = np.random.default_rng([settings.seed, 3])
    for _ in range(settings.epochs):
        order = rng.permutation(len(images.train))
        for first in range(0, len(order) - settings.batch + 1, settings.batch):
            chosen = order[first : first + settings.batch]
            labels = torch.from_numpy(images.train_labels[chosen])
            yield shifted(images.train[chosen], settings.shift_pixels, rng), labels


def trained_scores(
    deployment: Deployment, module: QuantisedNetwork, images: Pixels, generator: Generator | None = None
) -> Tensor:
    """The same answer as `scores`, through which gradients flow, `(batch, classes)` in physical units."""
    drive = encode(deployment.network, samples_of(deployment, images, generator))
    tensors = {name: torch.from_numpy(value.astype(np.float64)) for name, value in drive.items()}
    response = module(tensors, deployment.steps, kept=(deployment.output,))
    return TRAINED_ANSWERS[deployment.model.readout](deployment, response)


def trained_potential(deployment: Deployment, response: Response) -> Tensor:
    """v after the last step, in units of the threshold of 1 that the float model has."""
    return response.potentials[deployment.output][-1] * deployment.network.population(deployment.output).state_scale


def trained_spike_count(deployment: Deployment, response: Response) -> Tensor:
    """Spikes of all steps since a sample could reach the read-out."""
    return response.messages[deployment.output][deployment.latency :].sum(dim=0)


TRAINED_ANSWERS = {"potential": trained_potential, "spikes": trained_spike_count}
