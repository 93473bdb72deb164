"""Floating-point numbers as integers by compiled code: as `simulate.drive.nearest_integers`, in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.compiled import compiled
from quantal.neuro.protocols import Floats


def rounded(values: Floats, largest: float) -> Integers:
    """The nearest integers, no further from 0 than `largest`; halves go to the even neighbour."""
    return _rounded(np.ascontiguousarray(values, np.float64).reshape(-1), largest).reshape(values.shape)


@compiled("int64[::1](float64[::1], float64)")
def _rounded(values: Any, largest: Any) -> Any:
    whole = np.empty(values.size, np.int64)
    for place in range(values.size):
        whole[place] = np.int64(min(max(np.rint(values[place]), -largest), largest))
    return whole
