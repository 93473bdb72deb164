"""nengo-loihi 1.1.0: `emulator/interface.py`, `builder/discretize.py`, limits of `hardware/nxsdk_objects.py`."""

from __future__ import annotations

import numpy as np

from quantal.neuro.arithmetic import STATE_MAX, Integers, wrap
from quantal.neuro.dialects.dialect import SHIFT, Dialect, held_in_24_bits, shifted


def even_nearest(weights: Integers) -> Integers:
    """nengo-loihi: halve, round to the nearest (ties to even) and clip, regardless of signs.

    `nengo_loihi/builder/discretize.py`, `discretize_weights` with 8 bits and `is_mixed`.
    """
    return 2 * np.clip(np.rint(weights / 2), -127, 127).astype(np.int64)


def shifted_nearest(weights: Integers, exponent: int) -> Integers:
    """nengo-loihi: round each half weight to fewer bits (ties to even), clip it again, then round down."""
    half, bits = weights // 2, exponent + 1
    if bits < 0:
        half = np.clip(np.rint(half * 2.0**bits) * 2**-bits, -127, 127).astype(np.int64)
    return shifted(half, bits)


def wrapped_in_22_bits(q: Integers) -> Integers:
    """nengo-loihi: wrap in 22 bits, as two's complement; `overflow_signed` with `Q_BITS`."""
    return wrap(q, -(2**21), 2**21 - 1)


def wrapped_in_24_bits(u: Integers) -> Integers:
    """nengo-loihi: wrap in 24 bits, as two's complement; `overflow_signed` with `U_BITS`."""
    return wrap(u, -STATE_MAX - 1, STATE_MAX)


NENGO_LOIHI = Dialect(
    name="nengo-loihi-1.1",
    package="nengo-loihi 1.1.0",
    round_weights=even_nearest,
    scale_weights=shifted_nearest,
    exponents=(-7, 7),
    sum_bits=22 - SHIFT,
    limit_sum=wrapped_in_22_bits,
    limit_u=wrapped_in_24_bits,
    limit_v_input=wrapped_in_24_bits,
    limit_v=held_in_24_bits,
    bias_min=-4095,
    bias_max=4095,
    threshold_min=1,
    refractory_max=62,
)
