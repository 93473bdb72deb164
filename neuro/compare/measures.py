"""Quality of a sparse code: R², share of zeros, and distance from the optimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.network.count_network import Readout

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Quality:
    """R² and share of zeros, both 1 at the unattainable optimum: a perfect reconstruction without spikes."""

    r2: float
    zeros: float

    @property
    def distance(self) -> float:
        """`sqrt((1 − R²)² + (1 − zeros)²)`, the distance from the optimum."""
        return float(np.hypot(1 - self.r2, 1 - self.zeros))


def r2(samples: NDArray[np.floating], estimate: Floats) -> Floats:
    """`1 − SSE/SST` of each sample, SST around the sample's own mean: `(…, features)` to `(…)`.

    For a constant sample it is 1 if the estimate is exact, else 0.
    """
    error = np.square(samples - estimate).sum(axis=-1)
    total = np.square(samples - samples.mean(axis=-1, keepdims=True)).sum(axis=-1)
    constant = total == 0
    return 1.0 - np.where(constant, error > 0, error / np.where(constant, 1.0, total))


def quality_by_step(readout: Readout, samples: NDArray[np.floating], messages: NDArray[np.generic]) -> list[Quality]:
    """Quality at each step, averaged over samples.

    `samples` is `(batch, features)`, `messages` are the counts of the read-out's source, `(steps, batch, units)`.
    """
    weight = np.asarray(readout.weight, np.float32).T
    return [
        Quality(float(r2(samples, message.astype(np.float32) @ weight).mean()), float((message == 0).mean()))
        for message in messages
    ]


def mean_quality(qualities: list[Quality]) -> Quality:
    """The average of R² and of the share of zeros."""
    return Quality(float(np.mean([q.r2 for q in qualities])), float(np.mean([q.zeros for q in qualities])))
