"""Deploy a trained classifier as an integer network: compile it, run it on images, and measure its accuracy."""

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
from quantal.neuro.compile import Options, compile_graph, run_passes
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.graph import Graph, SampleRange
from quantal.neuro.network.latency import latency_steps
from quantal.neuro.network.trace import Recording, Trace
from quantal.training.export.norse import from_norse
from quantal.training.models.spiking_classifier import SpikingClassifier
from quantal.training.parallel import one_thread

Pixels = NDArray[np.uint8]

EVALUATION_BATCH = 2560
"""Images that are evaluated at once; their float samples take some tens of megabytes."""


INTENSITIES, SPIKES = SampleRange(0.0, 1.0), SampleRange(0.0, 1.0, step=1.0)
SAMPLE_RANGES = {"current": INTENSITIES, "rows": INTENSITIES, "rate": SPIKES, "latency": SPIKES}
"""Coding of a classifier to the range of its samples."""


@dataclass(frozen=True, eq=False)
class Deployment:
    """A classifier in floating point and in integers.

    Parameters
    ----------
    model
        The float model, whose coding turns images into samples.
    graph, network
        The model as a float graph, whose input enters where `options` say, and that graph compiled with them.
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
        """Steps by which the read-out lags behind that of the float model."""
        return latency_steps(self.network)[self.output]

    @property
    def steps(self) -> int:
        """Time steps of one image, latency included."""
        return self.model.steps + self.latency

    @property
    def recording(self) -> Recording:
        """The recording that the scores are computed from."""
        return RECORDINGS[self.model.readout](self.output)


def deploy(model: SpikingClassifier, options: Options | None = None) -> Deployment:
    """Compile a trained classifier."""
    chosen = options or Options()
    graph, _ = run_passes(graph_of(model), chosen, "inputs")
    assert isinstance(graph, Graph)
    network, _ = compile_graph(graph, chosen)
    return Deployment(model, graph, network, chosen)


def graph_of(model: SpikingClassifier) -> Graph:
    """A trained classifier as a float network, whose samples are encoded images."""
    sample_shape = model.encode(torch.zeros(1, *model.shape, dtype=torch.uint8)).shape[2:]
    return from_norse(model.layers, tuple(sample_shape), "classifier", sample_range=SAMPLE_RANGES[model.coding])


def samples_of(deployment: Deployment, images: Pixels, generator: Generator | None = None) -> NDArray[np.float64]:
    """Raw samples of images: `(batch, features)` for a constant current, else `(steps, batch, features)`."""
    encoded = deployment.model.encode(torch.from_numpy(images), generator)
    if deployment.model.coding == "current":
        return encoded[0].flatten(1).double().numpy()
    steps = encoded.flatten(2).double().numpy()
    return np.concatenate([steps, np.zeros((deployment.latency, *steps.shape[1:]))])


@dataclass(frozen=True, eq=False)
class Currents:
    """Images as constant currents, encoded on demand, because floats take eight times the memory of bytes."""

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
    """Scores of the integer network, `(batch, classes)`: v of the read-out, or its number of spikes."""
    constant = deployment.model.coding == "current"
    samples = Currents(deployment, images) if constant else samples_of(deployment, images, generator)
    trace = engine.infer(deployment.network, samples, deployment.steps, deployment.recording)
    return SCORES[deployment.model.readout](deployment, trace)


def potential(deployment: Deployment, trace: Trace) -> Integers:
    """v after the last step."""
    return trace.states[deployment.output]["v"][-1]


def spike_count(deployment: Deployment, trace: Trace) -> Integers:
    """Number of spikes, counted from the first step that the sample can affect."""
    return trace.messages[deployment.output][deployment.latency :].sum(axis=0)


RECORDINGS: dict[str, Callable[[str], Recording]] = {
    "potential": lambda output: Recording((), (output,)),
    "spikes": lambda output: Recording((output,), ()),
}
SCORES = {"potential": potential, "spikes": spike_count}


def accuracy(deployment: Deployment, images: Pixels, labels: Integers) -> float:
    """Share of images whose class has the highest score; input spikes are the same as in `evaluate_classifier`."""
    generator = torch.Generator().manual_seed(0)
    correct = 0
    for first in range(0, len(images), EVALUATION_BATCH):
        part = slice(first, first + EVALUATION_BATCH)
        correct += int((scores(deployment, images[part], generator).argmax(axis=1) == labels[part]).sum())
    return correct / len(images)
