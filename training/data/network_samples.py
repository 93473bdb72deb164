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
from quantal.training.data.arrays import LABEL_NAMES, SAMPLE_NAMES, read_array, read_labels, read_pictures
from quantal.training.data.coded_pictures import coded_pictures, coding_of, scales_bytes
from quantal.training.data.samples import every_sample, load_samples

PHOTOGRAPHS = "held-out patches of the photographs that come with quantal"
ALL, HELD_OUT = "all", "held-out"
RANDOM_SAMPLES = 8
"""Number of samples of a random drive, if none is given."""
PATCH_SIDES = range(2, 65)
"""Possible sides of patches of photographs, in pixels."""


@dataclass(frozen=True)
class SampleChoice:
    """Which samples a network runs on.

    Parameters
    ----------
    data
        A file or folder as for `load_samples`, or an `.npy` file `(steps, samples, features)` of samples that change
        from step to step; `None` for the photographs that come with Quantal.
    count
        Take so many evenly spaced ones; `None` takes all.
    split
        `all`: every sample of the data, in order. `held-out`: those that `quantal train` does not train on, in random
        order and without constant ones, or `x_test` for a classifier; samples that change from step to step are never
        split.
    labels
        A file of the classes of all samples, in the same order.
    """

    data: Path | None = None
    count: int | None = None
    split: str = ALL
    labels: Path | None = None


@dataclass(frozen=True, eq=False)
class NetworkSamples:
    """Samples `(samples, features)` or `(steps, samples, features)`, their origin in words, and their classes."""

    samples: NDArray[Any]
    source: str
    labels: Integers | None = None


def samples_for(network: CountNetwork, choice: SampleChoice) -> NetworkSamples:
    """Samples of the user's data, or held-out patches of the shipped photographs where they fit the network."""
    found = all_samples(network, choice)
    chosen = evenly_spaced(found.samples, choice.count).astype(np.float64, copy=False)
    if choice.labels is None:
        return NetworkSamples(chosen, found.source)
    labels = read_labels(choice.labels, ("y_test",) if choice.split == HELD_OUT else LABEL_NAMES)
    check_labels(choice, network, labels, found.samples.shape[-2])
    return NetworkSamples(chosen, found.source, evenly_spaced(labels[:, np.newaxis], choice.count)[:, 0])


def all_samples(network: CountNetwork, choice: SampleChoice) -> NetworkSamples:
    """All samples that can be chosen from."""
    data = choice.data
    if data is None and not photographs_fit(network):
        raise QuantalError(
            "no samples to run on",
            where=f"network {network.name}",
            expected=f"samples of {features(network)} features",
            hint="give them with --data",
        )
    events = events_of(network, data)
    if events is not None:
        return NetworkSamples(events, f"samples of {data.name}")
    coded = coded_samples(network, choice)
    available, source = coded or available_samples(data, patch_side(network), choice.split)
    if available.shape[-1] != features(network):
        raise QuantalError(
            "samples do not fit the network",
            where=str(data),
            expected=f"{features(network)} features, as network {network.name} takes",
            got=f"{available.shape[-1]} features",
        )
    return NetworkSamples(available, source)


def check_labels(choice: SampleChoice, network: CountNetwork, labels: Integers, total: int) -> None:
    """Refuse labels that are those of other samples, or whose samples are no longer in order."""
    if choice.split == HELD_OUT and coding_of(network) is None:
        hint = "give the held-out samples as --data, and their labels"
        raise QuantalError("held-out samples are in random order, labels are not", where="--labels", hint=hint)
    if len(labels) != total:
        got, expected = f"{len(labels)} labels", f"{total}, one for each sample"
        raise QuantalError("labels don't fit the samples", where=str(choice.labels), expected=expected, got=got)


def coded_samples(network: CountNetwork, choice: SampleChoice) -> tuple[NDArray[np.floating], str] | None:
    """Pictures of bytes as a network was trained on them; `None` for other data and other networks."""
    held_out = choice.split == HELD_OUT
    if choice.data is None or (held_out and coding_of(network) is None):
        return None
    pictures = read_pictures(choice.data, ("x_test",) if held_out else SAMPLE_NAMES)
    if pictures is None or not scales_bytes(network, pictures):
        return None
    source = f"{'held-out ' if held_out else ''}samples of {choice.data.name}"
    return coded_pictures(network, pictures, features(network)), source


def available_samples(data: Path | None, side: int, split: str) -> tuple[NDArray[np.floating], str]:
    """The samples that can be chosen from, `(samples, features)`, and a description of their origin."""
    if data is None:
        return load_samples(None, patch_side=side).held_out, PHOTOGRAPHS
    if split == HELD_OUT:
        return load_samples(data, patch_side=side).held_out, f"held-out samples of {data.name}"
    return every_sample(data, side), f"samples of {data.name}"


def events_of(network: CountNetwork, data: Path | None) -> NDArray[np.floating] | None:
    """The array `(steps, samples, features)` in a file; `None` if it holds anything else."""
    if data is None or data.suffix != ".npy":
        return None
    array = read_array(data)
    return array if array.ndim == 3 and array.shape[2] == features(network) else None


def evenly_spaced(samples: NDArray[Any], count: int | None) -> NDArray[Any]:
    """Choose `count` evenly spaced samples `(…, samples, features)`, or all if there are fewer or `count` is `None`."""
    total = samples.shape[-2]
    if count is None or count >= total:
        return samples
    return samples[..., np.linspace(0, total - 1, count).astype(int), :]


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


def drive_for(network: CountNetwork, choice: SampleChoice) -> NetworkDrive:
    """Drive from the user's data, or from photographs where they fit the network, or at random."""
    if choice.data is None and not photographs_fit(network):
        drive = random_drive(network, choice.count or RANDOM_SAMPLES)
        return NetworkDrive(drive, "random drive in the range that the network allows")
    chosen = samples_for(network, choice)
    return NetworkDrive(encode(network, chosen.samples), chosen.source)
