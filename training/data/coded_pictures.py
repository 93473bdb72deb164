"""Pictures as the samples that a classifier was trained on: scaled, and turned into spikes or rows where it was."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.compare.classification import output_population
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.latency import latency_steps
from quantal.training.lazy import LazyFunction

Pixels = NDArray[np.uint8]
WHITE = 255
"""The pixel that stands for an intensity of 1 in training."""

spike_samples = LazyFunction("quantal.training.data.spike_coding:spike_samples")


def coding_of(network: CountNetwork) -> str | None:
    """How the pictures entered of which a classifier was trained; `None` for networks of another origin."""
    return network.provenance.get("coding")


def largest_sample(network: CountNetwork) -> float | None:
    """Largest value of any feature of a sample, as far as the network's origin is known."""
    stated = network.provenance.get("sample_range")
    return None if stated is None else float(stated.split()[-1])


def scales_bytes(network: CountNetwork, pictures: Pixels) -> bool:
    """Whether bytes are intensities of 0 to 1: a classifier was trained on them, or they exceed a range of up to 1."""
    largest = largest_sample(network)
    return coding_of(network) is not None or (largest is not None and largest <= 1 < pictures.max(initial=0))


def trained_steps(network: CountNetwork) -> int | None:
    """Steps of one sample in training and those that it takes to reach the output; `None` if training is unknown."""
    steps = network.provenance.get("steps", "")
    return int(steps) + output_latency(network) if steps.isdecimal() else None


def output_latency(network: CountNetwork) -> int:
    """Steps after which a sample first changes the population that gives the class."""
    return latency_steps(network).get(output_population(network), 0)


def coded_pictures(network: CountNetwork, pictures: Pixels, features: int) -> NDArray[np.float64]:
    """Samples `(batch, features)` that don't change, or `(steps, batch, features)`, of pictures `(batch, …)`."""
    intensities = pictures.astype(np.float32) / np.float32(WHITE)
    coding = coding_of(network)
    if coding in (None, "current"):
        return intensities.reshape(len(pictures), -1).astype(np.float64)
    width = features if coding == "rows" else intensities[0].size
    images = intensities.reshape(len(pictures), -1, width)
    steps = spike_samples(coding, images, int(network.provenance["steps"]))
    return np.concatenate([steps, np.zeros((output_latency(network), *steps.shape[1:]))])
