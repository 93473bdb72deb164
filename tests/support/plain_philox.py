"""Philox 4×64-10 in Python's unbounded integers, as its authors define it."""

from __future__ import annotations

MASK = 2**64 - 1


def block(counter: tuple[int, int, int, int], key: tuple[int, int]) -> list[int]:
    """The four words of one counter under one key."""
    (c0, c1, c2, c3), (k0, k1) = counter, key
    for _ in range(10):
        high_0, low_0 = divmod(0xD2E7470EE14C6C93 * c0, 2**64)
        high_1, low_1 = divmod(0xCA5A826395121157 * c2, 2**64)
        c0, c1, c2, c3 = high_1 ^ c1 ^ k0, low_1, high_0 ^ c3 ^ k1, low_0
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & MASK, (k1 + 0xBB67AE8584CAA73B) & MASK
    return [c0, c1, c2, c3]


def draws(seed: int, stream: int, step: int, sample: int, units: int) -> list[int]:
    """16-bit draws: the words of counters (1, step, sample, 0), (2, …) …, each from its low end."""
    words = [word for number in range(units // 16 + 1) for word in block((number + 1, step, sample, 0), (seed, stream))]
    return [word >> 16 * place & 0xFFFF for word in words for place in range(4)][:units]
