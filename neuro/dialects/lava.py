"""lava-nc 0.10.0: `lava/proc/lif/models.py`, `lava/proc/dense/models.py` and `lava/utils/weightutils.py`."""

from __future__ import annotations

import numpy as np

from quantal.neuro.arithmetic import STATE_MAX, Integers
from quantal.neuro.dialects.dialect import Dialect, held_in_24_bits, shifted


def even_below(weights: Integers) -> Integers:
    """Lava: clip, then clear the last bit if signs are mixed, which rounds down.

    `lava/utils/weightutils.py`, `clip_weights` and `truncate_weights`.
    """
    mixed = weights.min(initial=0) < 0 < weights.max(initial=0)
    clipped = np.clip(weights, -256 if mixed else -255, 255)
    return np.bitwise_and(clipped, -2, out=clipped) if mixed else clipped


def wrapped_once(u: Integers) -> Integers:
    """Lava: wrap u once at most, so that u far beyond 24 bits stays out of range; +2^23 is not wrapped.

    `lava/proc/lif/models.py`, `subthr_dynamics`.
    """
    turn = 2 * (STATE_MAX + 1)
    once = np.where(u > STATE_MAX + 1, u - turn, u)
    return np.where(once < -STATE_MAX, u + turn, once)


LAVA = Dialect(
    name="lava-0.10",
    package="lava-nc 0.10.0",
    round_weights=even_below,
    scale_sum=shifted,
    exponents=(-31, 31),  # Lava sets no limit; this is that of 32-bit integers.
    limit_u=wrapped_once,
    limit_v=held_in_24_bits,
    bias_min=-4096,
    bias_max=4095,
    delay_register_max=63,
    other_lifs=True,
)
