"""Random numbers as a function of population, unit, sample and step, so that every backend draws the same.

Philox 4×64-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) as in `numpy.random.Philox`,
with a key of seed and population, a counter of sample and step, and 16 bits per draw.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.errors import QuantalError

DRAW_BITS = 16
DRAW_RANGE = 2**DRAW_BITS
"""A draw is one of 0 … 65535."""

UNITS_PER_WORD = 64 // DRAW_BITS

SAMPLES = 2**64
"""Samples are numbered in 64 bits."""


def stream(population: str) -> int:
    """The 64-bit number of a population in the key: its name's BLAKE2b digest, little-endian."""
    return int.from_bytes(hashlib.blake2b(population.encode(), digest_size=8).digest(), "little")


def sample_numbers(first_sample: int, batch: int) -> range:
    """Numbers of the samples of a batch, on which their draws depend."""
    if not 0 <= first_sample <= SAMPLES - batch:
        raise QuantalError(
            "out of range", where="first_sample", expected=f"0 to {SAMPLES - batch}", got=f"{first_sample}"
        )
    return range(first_sample, first_sample + batch)


def uniform_draws(seed: int, population: str, step: int, samples: range, units: int) -> NDArray[np.int64]:
    """16-bit draws of one population at one step, `(len(samples), units)`.

    Sample s at step t uses the words after counter (0, t, s, 0) under key (seed, stream), each split into four draws,
    lowest bits first.
    """
    key = np.array([seed, stream(population)], np.uint64)
    words = [
        np.random.Philox(key=key, counter=np.array([0, step, sample, 0], np.uint64)).random_raw(
            -(-units // UNITS_PER_WORD)
        )
        for sample in samples
    ]
    shifts = np.arange(UNITS_PER_WORD, dtype=np.uint64) * np.uint64(DRAW_BITS)
    cut = (np.array(words)[..., np.newaxis] >> shifts) & np.uint64(DRAW_RANGE - 1)
    return cut.reshape(len(samples), -1)[:, :units].astype(np.int64)
