"""The data from which the pictures of the demo are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.compare.quality import QualityCurve
from quantal.neuro.network.trace import Trace

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DemoData:
    """The arrays of one run of the demo.

    Parameters
    ----------
    patches
        The shared samples, `(patches, features)`, in units of the data.
    sample_shape
        Height and width of a patch.
    float_counts, float_again, integer_counts
        Messages of the latents, `(steps, patches, latents)`: in floating point with two seeds, and in integers.
    float_readout, integer_readout
        Contribution of a count to the reconstruction, `(features, latents)`.
    curves
        Circuit to its quality curves on the held-out samples, in floating point and in integers.
    differing
        Backend to the number of integers, `(steps,)`, that differ from the reference.
    compared
        Number of integers compared at each step.
    last
        Number of final steps over which averages are taken.
    """

    patches: Floats
    sample_shape: tuple[int, ...]
    float_counts: Floats
    float_again: Floats
    integer_counts: NDArray[np.int32]
    float_readout: Floats
    integer_readout: Floats
    curves: dict[str, tuple[QualityCurve, QualityCurve]]
    differing: dict[str, NDArray[np.int64]]
    compared: int
    last: int

    @property
    def use(self) -> Floats:
        """Mean count of each latent on the held-out samples, `(latents,)`."""
        return next(iter(self.curves.values()))[1].use


def differing_by_step(expected: Trace, got: Trace) -> NDArray[np.int64]:
    """Number of states and messages that differ at each step, `(steps,)`."""
    pairs = [(value, got.messages[name]) for name, value in expected.messages.items()]
    for name, states in expected.states.items():
        pairs += [(value, got.states[name][key]) for key, value in states.items()]
    return np.sum([(one != other).sum(axis=(1, 2)) for one, other in pairs], axis=0)


def integers_per_step(trace: Trace) -> int:
    """Number of integers in the states and messages of one step."""
    states = [value for group in trace.states.values() for value in group.values()]
    return sum(value[0].size for value in (*trace.messages.values(), *states))
