"""The compiled loop over samples, steps, projections and populations.

Samples are independent, so each one runs all its steps while its state and the weights stay in the cache.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numba import njit
from numba.core.errors import NumbaExperimentalFeatureWarning

from neuro.engine.philox import fill
from neuro.kinds import EMISSIONS, INTEGRATIONS, WEIGHTS

warnings.filterwarnings("ignore", category=NumbaExperimentalFeatureWarning)

INTEGRATE: tuple[Any, ...] = tuple(kind.kernel for kind in INTEGRATIONS)
EMIT: tuple[Any, ...] = tuple(kind.kernel for kind in EMISSIONS)
CONNECT: tuple[Any, ...] = tuple(kind.kernel for kind in WEIGHTS)


@njit(cache=True, nogil=True)
def run_samples(
    kernels: Any,
    populations: Any,
    projections: Any,
    seed: Any,
    first_sample: Any,
    first_step: Any,
    drive: Any,
    state: Any,
    ring: Any,
    messages: Any,
    states: Any,
    samples: Any,
    done: Any,
) -> None:
    """Run samples `samples[0]` to `samples[1] − 1` of a batch.

    `kernels` are the tuples INTEGRATE, EMIT, CONNECT. `drive` is `(steps or 1, batch, units)`, `state` and `ring`
    are `(batch, …)` and change in place, `messages` and `states` are `(steps, batch, recorded)`. `done[0]` counts
    steps times samples; the loop ends early once `done[1]` is set.
    """
    integrate, emit, connect = kernels
    units = populations.unit[-1]
    a = np.empty(units, np.int32)
    message = np.empty(units, np.int32)
    uniform = np.empty(units, np.int32)
    steps = messages.shape[0]
    for sample in range(samples[0], samples[1]):
        for t in range(steps):
            if done[1]:
                return
            step = first_step + t
            a[:] = drive[t if drive.shape[0] > 1 else 0, sample]
            for p in range(projections.source.size):
                source, target = projections.source[p], projections.target[p]
                size = populations.unit[source + 1] - populations.unit[source]
                slot = populations.ring[source] + (step - projections.delay[p]) % populations.delay[source] * size
                connect[projections.kind[p]](
                    ring[sample, slot : slot + size],
                    projections.exponent[p],
                    projections.values[projections.values_at[p] : projections.values_at[p + 1]],
                    projections.indices[projections.index_at[p] : projections.index_at[p + 1]],
                    a[populations.unit[target] : populations.unit[target + 1]],
                )
            for q in range(populations.delay.size):
                first, last = populations.unit[q], populations.unit[q + 1]
                size = last - first
                own = state[sample, populations.state[q] : populations.state[q + 1]]
                variables = own.reshape((own.size // size, size))
                integrate[populations.integration[q]](
                    variables,
                    a[first:last],
                    populations.integration_numbers[populations.integration_at[q] : populations.integration_at[q + 1]],
                )
                draws = uniform[: populations.draws[q]]
                fill(seed, populations.stream[q], np.uint64(step), first_sample + np.uint64(sample), draws)
                emit[populations.emission[q]](
                    variables,
                    draws,
                    populations.emission_numbers[populations.emission_at[q] : populations.emission_at[q + 1]],
                    message[first:last],
                )
                slot = populations.ring[q] + step % populations.delay[q] * size
                ring[sample, slot : slot + size] = message[first:last]
                if populations.kept_message[q] >= 0:
                    place = populations.kept_message[q]
                    messages[t, sample, place : place + size] = message[first:last]
                if populations.kept_state[q] >= 0:
                    place = populations.kept_state[q]
                    states[t, sample, place : place + own.size] = own
            done[0] += 1
