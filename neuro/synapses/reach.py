"""The interval of a weighted sum, from those of the messages."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.protocols import Bound, Interval

SignedTotal = Callable[[np.ufunc, Bound], Integers]
"""Sums `(targets,)` of the weights above 0 (`maximum`) or below (`minimum`), times messages `(sources,)`, or 1 each."""


def reach(total: SignedTotal, lowest: Bound, highest: Bound) -> Interval:
    """Smallest interval of the sum for messages in a range that all sources share, or each in its own."""
    if np.ndim(lowest) == np.ndim(highest) == 0:
        up, down = total(np.maximum, 1), total(np.minimum, 1)
        return up * lowest + down * highest, up * highest + down * lowest
    return (
        total(np.maximum, lowest) + total(np.minimum, highest),
        total(np.maximum, highest) + total(np.minimum, lowest),
    )
