"""Which class a network gives each sample, and how often it is right."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.arithmetic import Integers
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.latency import latency_steps
from quantal.neuro.network.trace import Recording, Trace
from quantal.neuro.neurons import Silent
from quantal.neuro.protocols import POTENTIAL

Z = 1.959963984540054
"""Quantile of the normal distribution that leaves 2.5 % above it: intervals hold 95 %."""


@dataclass(frozen=True)
class Accuracy:
    """Share of samples whose class is right, and its Wilson score interval of 95 %."""

    accuracy: float
    lowest: float
    highest: float
    samples: int

    @staticmethod
    def of(right: int, samples: int) -> Accuracy:
        """The accuracy of `right` out of `samples`; Wilson, J. Am. Stat. Assoc. 22 (1927) 209.

        `(p + z²/2n ± z √(p (1 − p)/n + z²/4n²)) / (1 + z²/n)` with `p = right / samples` and `n = samples`.
        """
        share, weight = right / samples, Z**2 / samples
        middle = (share + weight / 2) / (1 + weight)
        half = Z * math.sqrt(share * (1 - share) / samples + weight / (4 * samples)) / (1 + weight)
        # At 0 and 1 rounding could leave the share outside.
        return Accuracy(share, min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half)), samples)


def output_population(network: CountNetwork) -> str:
    """The population that gives the class: that of the read-out, or else the only one that projects to no other."""
    if network.readouts:
        return network.readouts[0].source
    sending = {projection.source for projection in network.projections if projection.target != projection.source}
    last = [population.name for population in network.populations if population.name not in sending]
    if len(last) != 1:
        raise QuantalError(
            "can't tell which population gives the class",
            where=f"network {network.name}",
            expected="a read-out, or one population that projects to no other",
            got=", ".join(last) or "none",
        )
    return last[0]


def score_recording(network: CountNetwork) -> Recording:
    """What the scores are computed from: the potential of an output that sends nothing, or else its messages."""
    name = output_population(network)
    silent = isinstance(network.population(name).emission, Silent)
    return Recording((), ((name, POTENTIAL),)) if silent else Recording((name,), ())


def class_scores(network: CountNetwork, trace: Trace) -> NDArray[np.generic]:
    """Scores `(batch, classes)`: the last potential of the output, or the sum of its messages, weighted if read out.

    Messages count from the first step that a sample can affect.
    """
    name = output_population(network)
    if isinstance(network.population(name).emission, Silent):
        return trace.states[name][POTENTIAL][-1]
    first = max(0, latency_steps(network).get(name, 0) - trace.first_step)
    counts = trace.messages[name][first:].sum(axis=0, dtype=np.int64)
    return counts @ np.atleast_2d(network.readouts[0].weight).T if network.readouts else counts


def accuracy_of(network: CountNetwork, trace: Trace, labels: Integers) -> Accuracy:
    """The accuracy of a run, for labels `(batch,)` counted from 0; the first of equal scores gives the class."""
    scores = class_scores(network, trace)
    classes = scores.shape[-1]
    if len(labels) != len(scores):
        got, expected = f"{len(labels)} labels", f"{len(scores)} labels, one for each sample"
        raise QuantalError("labels don't fit the samples", where="labels", expected=expected, got=got)
    if labels.min() < 0 or labels.max() >= classes:
        expected, got = f"0 to {classes - 1}", f"{labels.min()} to {labels.max()}"
        raise QuantalError("labels don't fit the network's classes", where="labels", expected=expected, got=got)
    return Accuracy.of(int((scores.argmax(axis=1) == labels).sum()), len(labels))
