"""Quality of a sparse code: R², share of zeros, and the distance from the optimum of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.network.count_network import Readout

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Quality:
    """R² and share of zeros, both 1 at the unattainable optimum of a perfect reconstruction without any count."""

    r2: float
    zeros: float

    @property
    def distance(self) -> float:
        """`sqrt((1 − R²)² + (1 − zeros)²)`, the distance from the optimum."""
        return float(np.hypot(1 - self.r2, 1 - self.zeros))


def r2(samples: NDArray[np.floating], estimate: Floats) -> Floats:
    """`1 − SSE/SST` of each sample, SST around the sample's own mean: `(…, features)` to `(…)`.

    A constant sample has 1 if the estimate is exact, else 0.
    """
    error = np.square(samples - estimate).sum(axis=-1)
    spread = np.square(samples - samples.mean(axis=-1, keepdims=True)).sum(axis=-1)
    flat = spread == 0
    return 1.0 - np.where(flat, error > 0, error / np.where(flat, 1.0, spread))


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
