"""Spike-timing-dependent plasticity of pairs of spikes, made of `Outer` and two populations of traces.

A trace is an ordinary `Accumulator` that jumps by its weight one step after a spike and leaks. The rule adds the trace
of the source where the target spikes, and subtracts the trace of the target where the source spikes:

    tag_ij += post_i · pre_trace_j − post_trace_i · pre_j

For one spike at each end, `lag` steps apart, the tag has then changed by the jump, leaked `|lag| − 1` times: upwards
for a spike of the target after that of the source, downwards before it, and not at all in the same step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantal.neuro import engine
from quantal.neuro.arithmetic import DECAY_UNITY, Integers, leak
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import Recording
from quantal.neuro.neurons import Accumulator, Cuba, Graded, Spike
from quantal.neuro.synapses import Dense, Sparse
from quantal.neuro.synapses.plasticity import Outer, Term

CURRENT, THRESHOLD = 8000, 4000
"""The current makes a unit spike in the same step; all learned weights together do not reach the threshold."""
TRACE_EXPONENT = 6
"""Traces have this many bits below a jump of 1, so that they decay by the same share at every step."""
TRACE_MAX = 2**18


@dataclass(frozen=True)
class Window:
    """Both sides of the window: jump of the trace after a spike, and its decay per step in 1/4096."""

    potentiation: int = 200
    potentiation_decay: int = 200
    depression: int = 120
    depression_decay: int = 100

    def change(self, lags: Integers) -> Integers:
        """Change of the tag for each lag in steps, positive where the target spikes after the source."""
        later = leaked(self.potentiation, self.potentiation_decay, lags)
        return later - leaked(self.depression, self.depression_decay, -lags)


def leaked(jump: int, decay: int, lags: Integers) -> Integers:
    """A trace at each lag after a spike; 0 up to the step of the spike itself."""
    trace, values = np.array(jump << TRACE_EXPONENT), [0]
    for _ in range(int(max(lags.max(), 0))):
        values.append(int(trace))
        trace = leak(trace, decay)
    return np.array(values)[np.maximum(lags, 0)]


def spiking(name: str, size: int) -> Population:
    """Units without memory that spike where they are driven."""
    forget = np.full(size, DECAY_UNITY)
    cuba = Cuba(np.zeros(size, np.int64), np.zeros(size, np.int64), forget, forget, decay_offset=0)
    return Population(name, size, cuba, Spike(np.full(size, THRESHOLD)))


def traces(name: str, size: int, decay: int) -> Population:
    """One trace for each unit."""
    bias = np.zeros(size, np.int64)
    return Population(name, size, Accumulator(bias, decay, 0, TRACE_MAX), Graded())


def each_to_its_own(size: int, weight: int) -> Sparse:
    """A connection of this weight from every unit to the unit of the same number."""
    units = np.arange(size)
    return Sparse(units, units, np.full(size, weight), size, size)


def stdp_network(window: Window, sources: int, targets: int) -> CountNetwork:
    """Spiking units that are all connected, their traces, and the rule."""
    rule = Outer((Term("post", "pre trace"), Term("post trace", "pre", sign=-1)), shift=16, limit=1)
    return CountNetwork(
        "spike-timing-dependent plasticity",
        (
            spiking("pre", sources),
            spiking("post", targets),
            traces("pre trace", sources, window.potentiation_decay),
            traces("post trace", targets, window.depression_decay),
        ),
        (
            Projection("synapses", "pre", "post", Dense(np.zeros((targets, sources), np.int64)), plasticity=rule),
            Projection(
                "trace of pre", "pre", "pre trace", each_to_its_own(sources, window.potentiation), 1, TRACE_EXPONENT
            ),
            Projection(
                "trace of post", "post", "post trace", each_to_its_own(targets, window.depression), 1, TRACE_EXPONENT
            ),
        ),
    )


def measured(window: Window, lags: Integers) -> Integers:
    """Change of the tag for each lag: a source for each lag spikes once, and so does their common target."""
    middle = int(np.abs(lags).max())
    steps = 2 * middle + 1
    drive = {"pre": np.zeros((steps, 1, lags.size), np.int64), "post": np.zeros((steps, 1, 1), np.int64)}
    drive["pre"][middle - lags, 0, np.arange(lags.size)] = CURRENT
    drive["post"][middle] = CURRENT
    end = engine.run(stdp_network(window, lags.size, 1), drive, steps, Recording((), ())).end
    assert end is not None
    return end.weights["synapses"][0].astype(np.int64)


def window_equals_its_formula(window: Window, largest_lag: int = 60) -> bool:
    """Whether every change is that of the formula."""
    lags = np.arange(-largest_lag, largest_lag + 1)
    return bool(np.array_equal(measured(window, lags), window.change(lags)))
