"""Choose samples and drives that fit a network: from the user's data, from photographs, or at random."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.arithmetic import Integers
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.simulate.drive import encode
from quantal.neuro.simulate.random_drive import random_drive
from quantal.training.data.arrays import read_array
from quantal.training.data.samples import load_samples

PHOTOGRAPHS = "held-out patches of the photographs that come with quantal"
PATCH_SIDES = range(2, 65)
"""Possible sides of patches of photographs, in pixels."""


@dataclass(frozen=True, eq=False)
class NetworkSamples:
    """Samples `(samples, features)` or `(steps, samples, features)`, and a description of their origin."""

    samples: NDArray[np.float64]
    source: str


def samples_for(network: CountNetwork, data: Path | None, count: int) -> NetworkSamples:
    """Held-out samples of the user's data, or of the shipped photographs where they fit the network.

    An `.npy` file `(steps, samples, features)` holds samples that change from step to step; none of them is held out.
    """
    if data is None and not photographs_fit(network):
        raise QuantalError(
            "no samples to run on",
            where=f"network {network.name}",
            expected=f"samples of {features(network)} features",
            hint="give them with --data",
        )
    events = events_of(network, data)
    if events is not None:
        return NetworkSamples(
            evenly_spaced(events.swapaxes(0, 1), count).swapaxes(0, 1).astype(np.float64), f"samples of {data.name}"
        )
    loaded = load_samples(data, patch_side=patch_side(network))
    available = loaded.held_out
    if available.shape[1] != features(network):
        raise QuantalError(
            "samples do not fit the network",
            where=str(data),
            expected=f"{features(network)} features, as network {network.name} takes",
            got=f"{available.shape[1]} features",
        )
    source = f"held-out samples of {data.name}" if data else PHOTOGRAPHS
    return NetworkSamples(evenly_spaced(available, count).astype(np.float64), source)


def events_of(network: CountNetwork, data: Path | None) -> NDArray[np.floating] | None:
    """The array `(steps, samples, features)` in a file; `None` if it holds anything else."""
    if data is None or data.suffix != ".npy":
        return None
    array = read_array(data)
    return array if array.ndim == 3 and array.shape[2] == features(network) else None


def evenly_spaced(samples: NDArray[Any], count: int) -> NDArray[Any]:
    """Choose `count` evenly spaced samples, or all if there are fewer."""
    chosen = np.linspace(0, len(samples) - 1, min(count, len(samples))).astype(int)
    return samples[chosen]


def features(network: CountNetwork) -> int:
    """Number of features of a raw sample; 0 for a network without inputs."""
    return network.inputs[0].gain.shape[-1] if network.inputs else 0


def photographs_fit(network: CountNetwork) -> bool:
    """Whether patches of photographs can be samples of this network."""
    shape = network.sample_shape
    return len(shape) == 2 and shape[0] == shape[1] in PATCH_SIDES and features(network) == shape[0] ** 2


def patch_side(network: CountNetwork) -> int:
    """Side in pixels of the patches into which images are cut for this network."""
    return network.sample_shape[0] if photographs_fit(network) else 16


@dataclass(frozen=True, eq=False)
class NetworkDrive:
    """External input by population, and a description of its origin."""

    drive: dict[str, Integers]
    source: str


def drive_for(network: CountNetwork, data: Path | None, count: int) -> NetworkDrive:
    """Drive from the user's data, or from photographs where they fit the network, or at random."""
    if data is None and not photographs_fit(network):
        return NetworkDrive(random_drive(network, count), "random drive in the range that the network allows")
    chosen = samples_for(network, data, count)
    return NetworkDrive(encode(network, chosen.samples), chosen.source)
