"""brian2-loihi 0.5.2: `loihi_neuron_group.py` and `loihi_synapses.py`. States are floats without limits."""

from __future__ import annotations

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.dialects.dialect import Dialect, shifted
from quantal.neuro.errors import QuantalError


def even_toward_zero(weights: Integers) -> Integers:
    """brian2_loihi: refuse weights out of range, then clear the last bit of the magnitude if signs are mixed.

    `brian2_loihi/loihi_synapses.py`, `w` and `calcActualWeights`.
    """
    mixed = bool((weights < 0).any() and (weights > 0).any())
    highest = 254 if mixed else 255
    if weights.size and (weights.min() < -256 or weights.max() > highest):
        got = f"{weights.min()} to {weights.max()}"
        where = "dialect brian2-loihi-0.5, weights"
        raise QuantalError("out of range", where=where, expected=f"-256 to {highest}", got=got)
    return np.sign(weights) * (np.abs(weights) & -2) if mixed else weights


def shifted_in_21_bits(weights: Integers, exponent: int) -> Integers:
    """brian2_loihi: round each weight down and clip it to 21 bits, including the six bits below it."""
    return np.clip(shifted(weights, exponent), 1 - 2**15, 2**15 - 1)


BRIAN2_LOIHI = Dialect(
    name="brian2-loihi-0.5",
    package="brian2-loihi 0.5.2",
    round_weights=even_toward_zero,
    scale_weights=shifted_in_21_bits,
    exponents=(-8, 7),
    decay_offset=0,
    decay_max=4096,
    refractory_max=63,
    delay_register_max=62,
)
