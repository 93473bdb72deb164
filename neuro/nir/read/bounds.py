"""How far states can go: the range of a population, from the bounds of everything that arrives."""

from __future__ import annotations

import numpy as np

from quantal.neuro.errors import QuantalError
from quantal.neuro.nir.primitives.neurons import Dynamics
from quantal.neuro.protocols import Floats

LEAKLESS_STEPS = 1024
"""Steps of the strongest input in a row that a state without leak has room for."""


def range_of(dynamics: Dynamics, arriving: Floats) -> float:
    """Largest size of u and v, for a size of input that is at most `arriving`, `(units,)`.

    A leaky state stays below input / decay. One without leak can grow for ever: it has room for so many steps of the
    strongest input, and is held there.
    """
    current = arriving / np.maximum(dynamics.decay_u, 1 / LEAKLESS_STEPS) + np.abs(dynamics.start_u)
    potential = (current + np.abs(dynamics.bias)) / np.maximum(dynamics.decay_v, 1 / LEAKLESS_STEPS)
    threshold = np.zeros(1) if dynamics.threshold is None else dynamics.threshold
    parts = [current, potential, np.abs(dynamics.start_v), 2 * threshold]
    return max(float(part.max(initial=0.0)) for part in parts) or 1.0


def in_turn(waiting: dict[str, set[str]]) -> list[str]:
    """Populations in an order in which the bound of every message is known before it arrives somewhere."""
    order: list[str] = []
    while waiting:
        ready = [name for name, sources in waiting.items() if sources <= {*order}]
        if not ready:
            raise QuantalError(
                "units that send their potential round a loop have no bound",
                where=f"NIR nodes {', '.join(waiting)}",
                expected="a unit with a threshold on every loop",
            )
        order += ready
        waiting = {name: sources for name, sources in waiting.items() if name not in ready}
    return order
