"""Round floating-point numbers with compiled code: `simulate.drive.nearest_integers` in a single pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.compiled import compiled
from quantal.neuro.protocols import Floats


def nearest_integers(values: Floats, largest: float) -> Integers:
    """Round to the nearest integers, halves to even, and clip to ±`largest`."""
    return _nearest_integers(np.ascontiguousarray(values, np.float64).reshape(-1), largest).reshape(values.shape)


@compiled("int64[::1](float64[::1], float64)")
def _nearest_integers(values: Any, largest: Any) -> Any:
    integers = np.empty(values.size, np.int64)
    for place in range(values.size):
        integers[place] = np.int64(min(max(np.rint(values[place]), -largest), largest))
    return integers
