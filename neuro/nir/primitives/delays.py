"""Delay: a signal leaves unchanged, some time later."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.errors import QuantalError
from quantal.neuro.nir.primitives.primitive import Parameters, Primitive, Shape, elementwise, spread

WHOLE = 1e-4
"""How far a delay may be from a whole number of steps, in steps, because files often hold 32-bit floats."""


def delay_steps(parameters: Parameters, shape: Shape, dt_s: float, where: str) -> NDArray[np.int64]:
    """Delay of each unit in whole steps, `(units,)`; any other delay is refused."""
    delay_s = spread(parameters["delay"], shape)
    steps = np.rint(delay_s / dt_s)
    wrong = np.flatnonzero((np.abs(delay_s / dt_s - steps) > WHOLE) | (steps < 0))
    if wrong.size:
        raise QuantalError(
            f"the delay of unit {wrong[0]} is not a whole number of time steps",
            where=where,
            expected=f"a multiple of {dt_s:g} s",
            got=f"{delay_s[wrong[0]]:g} s",
            hint="choose a time step that divides every delay",
        )
    return steps.astype(np.int64)


PRIMITIVES = {"Delay": Primitive(("delay",), elementwise("delay"))}
