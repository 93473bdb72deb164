"""Sparse: only listed connections, for large populations with few of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.protocols import Interval


@dataclass(frozen=True, eq=False)
class Sparse:
    """`a = W m` with W given by its connections.

    Parameters
    ----------
    target, source, weight
        `(connections,)` each: unit reached, unit that sends, weight. A pair may stand once only.
    targets, sources
        Sizes of the two populations.
    """

    target: Integers
    source: Integers
    weight: Integers
    targets: int
    sources: int

    @property
    def shape(self) -> tuple[int, int]:
        """`(target units, source units)`."""
        return self.targets, self.sources

    def problems(self) -> list[str]:
        for name, size in (("target", self.targets), ("source", self.sources), ("weight", None)):
            value: Integers = getattr(self, name)
            if value.shape != self.weight.shape or value.ndim != 1 or value.dtype != np.int64:
                return [f"{name} is {value.dtype} {value.shape}, expected int64 ({self.weight.size},)"]
            if size is not None and value.size and (value.min() < 0 or value.max() >= size):
                return [f"{name} holds unit {value[(value < 0) | (value >= size)][0]}, expected 0 to {size - 1}"]
        pairs = self.target * self.sources + self.source
        return ["a pair of units is connected twice"] if np.unique(pairs).size < pairs.size else []

    def apply(self, message: Integers) -> Integers:
        a = np.zeros((len(message), self.targets), np.int64)
        np.add.at(a.T, self.target, (message[:, self.source] * self.weight).T)
        return a

    def values(self) -> Integers:
        return self.weight

    def entries(self) -> tuple[Integers, Integers, Integers]:
        here = self.weight != 0
        return self.target[here], self.source[here], self.weight[here]

    def reach(self, lowest: int, highest: int) -> Interval:
        ends = np.sort(np.stack([self.weight * lowest, self.weight * highest]), axis=0)
        low, high = (np.bincount(self.target, end, self.targets) for end in ends)
        return np.rint(low).astype(np.int64), np.rint(high).astype(np.int64)
