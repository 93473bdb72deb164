"""Deploy a trained classifier as an integer network: compile it, run it on pictures, and measure its accuracy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import EllipsisType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator

from quantal.neuro import engine
from quantal.neuro.arithmetic import Integers
from quantal.neuro.compile import Options, compile_graph
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.graph import Graph
from quantal.neuro.network.latency import latency_steps
from quantal.neuro.network.trace import Recording, Trace
from quantal.training.export.norse import from_norse
from quantal.training.models.spiking_classifier import SpikingClassifier
from quantal.training.parallel import one_thread

Pixels = NDArray[np.uint8]

PICTURES_AT_ONCE = 2560
"""Few enough that their float samples fit in some tens of megabytes."""


@dataclass(frozen=True, eq=False)
class Deployment:
    """A classifier in floating point and in integers.

    Parameters
    ----------
    model
        The float model, whose coding turns pictures into samples.
    graph, network
        The same as a float graph, and that graph compiled with `options`.
    """

    model: SpikingClassifier
    graph: Graph
    network: CountNetwork
    options: Options

    @property
    def output(self) -> str:
        """The population that gives the class."""
        return self.network.populations[-1].name

    @property
    def latency(self) -> int:
        """Steps by which the read-out lags behind the model's."""
        return latency_steps(self.network)[self.output]

    @property
    def steps(self) -> int:
        """Steps of one picture, latency included."""
        return self.model.steps + self.latency

    @property
    def recording(self) -> Recording:
        """What has to be recorded for the scores."""
        return RECORDED[self.model.readout](self.output)


def deploy(model: SpikingClassifier, options: Options | None = None) -> Deployment:
    """Compile a trained classifier."""
    options, graph = options or Options(), graph_of(model)
    network, _ = compile_graph(graph, options)
    return Deployment(model, graph, network, options)


def graph_of(model: SpikingClassifier) -> Graph:
    """A trained classifier as a float network, whose samples are coded pictures."""
    entering = model.encode(torch.zeros(1, *model.shape, dtype=torch.uint8)).shape[2:]
    return from_norse(model.layers, tuple(entering), "classifier")


def samples_of(deployment: Deployment, images: Pixels, generator: Generator | None = None) -> NDArray[np.float64]:
    """Raw samples of pictures: `(batch, features)` for a constant current, else `(steps, batch, features)`."""
    coded = deployment.model.encode(torch.from_numpy(images), generator)
    if deployment.model.coding == "current":
        return coded[0].flatten(1).double().numpy()
    steps = coded.flatten(2).double().numpy()
    return np.concatenate([steps, np.zeros((deployment.latency, *steps.shape[1:]))])


@dataclass(frozen=True, eq=False)
class Currents:
    """Pictures as constant currents, coded in parts on demand, because floats take eight times the memory of bytes."""

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
    """Scores of the integer network, `(batch, classes)`: the read-out's v, or its number of spikes."""
    constant = deployment.model.coding == "current"
    samples = Currents(deployment, images) if constant else samples_of(deployment, images, generator)
    trace = engine.infer(deployment.network, samples, deployment.steps, deployment.recording)
    return SCORES[deployment.model.readout](deployment, trace)


def potential(deployment: Deployment, trace: Trace) -> Integers:
    """v after the last step."""
    return trace.states[deployment.output]["v"][-1]


def spike_count(deployment: Deployment, trace: Trace) -> Integers:
    """Number of spikes, from the first step that a sample can reach."""
    return trace.messages[deployment.output][deployment.latency :].sum(axis=0)


RECORDED: dict[str, Callable[[str], Recording]] = {
    "potential": lambda output: Recording((), (output,)),
    "spikes": lambda output: Recording((output,), ()),
}
SCORES = {"potential": potential, "spikes": spike_count}


def accuracy(deployment: Deployment, images: Pixels, labels: Integers) -> float:
    """Share of pictures whose class has the highest score; input spikes are those of `evaluate_classifier`."""
    generator = torch.Generator().manual_seed(0)
    right = 0
    for first in range(0, len(images), PICTURES_AT_ONCE):
        part = slice(first, first + PICTURES_AT_ONCE)
        right += int((scores(deployment, images[part], generator).argmax(axis=1) == labels[part]).sum())
    return right / len(images)
