"""Units that start one step earlier: a step without input takes them to the state in which they started before.

After `u ← (1 − r) u` and `v ← (1 − k) v + u + b`, what was before is `u / (1 − r)` and `(v − u − b) / (1 − k)`. Where
nothing remains after a step, the value before does not matter. A unit that is held after a spike is held a step longer.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import FloatPopulation
from quantal.neuro.neurons import FloatCuba
from quantal.neuro.protocols import Floats


def one_step_earlier(population: FloatPopulation) -> FloatPopulation:
    """The same population one step before, for a `FloatCuba` that does not start at rest; any other is unchanged."""
    cuba = population.integration
    if not isinstance(cuba, FloatCuba) or not (population.initial or cuba.bias.any()):
        return population
    start = {name: population.initial.get(name, np.zeros(population.size)) for name in population.states}
    u = np.where(cuba.decay_u < 1, start["u"], 0.0)
    before = {"u": undone(u, cuba.decay_u), "v": undone(start["v"] - u - cuba.bias, cuba.decay_v)}
    reached = np.concatenate([*before.values(), [cuba.lowest, cuba.highest]])
    initial = {**before, **held_longer(population, start, u)}
    return replace(
        population,
        integration=replace(cuba, lowest=float(reached.min()), highest=float(reached.max())),
        initial={name: value for name, value in initial.items() if value.any()},
    )


def undone(after: Floats, decay: Floats) -> Floats:
    """The value of which `after` is left after a step of this leak; 0 where nothing is left."""
    return np.divide(after, 1 - decay, out=np.zeros_like(after), where=decay < 1)


def held_longer(population: FloatPopulation, start: dict[str, Floats], u: Floats) -> dict[str, Floats]:
    """For how many steps each unit is held at 0; a unit that forgets v is also held where it would fire at once."""
    cuba, left = population.integration, start.get("refractory_left")
    if not isinstance(cuba, FloatCuba) or left is None:
        return {}
    forgets = cuba.decay_v == 1
    v = np.where(forgets, u + cuba.bias, start["v"])
    fires = (v > getattr(population.emission, "threshold", np.inf)) & (left == 0)
    early = np.flatnonzero(fires & ~forgets)
    if early.size:
        raise QuantalError(
            f"unit {early[0]} starts above its threshold, so it would fire before the first sample arrives",
            where=f"population {population.name}",
            hint="start it below its threshold, or compile with input from the host",
        )
    return {"refractory_left": np.where((left > 0) | fires, left + 1, 0.0)}
