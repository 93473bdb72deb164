"""How a file holds a sparse weight: 2 bytes for the place of a connection where two unit numbers would take 8."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantal.neuro.synapses import Sparse
from quantal.neuro.synapses.storage import UNIT_TYPE, Stored


@dataclass(frozen=True, eq=False)
class SparseGaps:
    """A `Sparse` as it is written: `gaps` are the differences of `target · sources + source`, the first from 0.

    The order of the connections is kept. Gaps are smallest where connections are ordered by target, then by source.
    """

    gaps: Stored
    weight: Stored
    targets: int
    sources: int


def with_gaps(weight: Sparse) -> SparseGaps:
    """A sparse weight as a file holds it."""
    return SparseGaps(np.diff(weight.pairs(), prepend=0), weight.weight, weight.targets, weight.sources)


def without_gaps(gaps: Stored, weight: Stored, targets: int, sources: int) -> Sparse:
    """The sparse weight that a file holds."""
    pairs = np.cumsum(gaps, dtype=np.int64)
    target = (pairs // sources).astype(UNIT_TYPE)
    return Sparse(target, np.remainder(pairs, sources, out=pairs), weight, targets, sources)
