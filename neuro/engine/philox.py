"""Philox 4×64-10 as compiled code: the same draws as `neuro.draws`, written into a buffer."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

MULTIPLIER_0, MULTIPLIER_1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
WEYL_0, WEYL_1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
ROUNDS = 10
DRAWS_PER_BLOCK = 16


def _high_product(_context: Any, a: Any, b: Any) -> Any:
    """Upper 64 bits of the 128-bit product of two unsigned 64-bit numbers."""

    def build(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(builder.zext(values[0], wide), builder.zext(values[1], wide))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), build


high_product: Any = intrinsic(_high_product)


@njit("void(uint64, uint64, uint64, uint64, int32[::1])", cache=True, nogil=True)
def fill(seed: Any, stream: Any, step: Any, sample: Any, draws: Any) -> None:
    """Fill `draws`, `(units,)`, with the 16-bit draws of one population, sample and step."""
    units = draws.size
    for block in range((units + DRAWS_PER_BLOCK - 1) // DRAWS_PER_BLOCK):
        c0, c1, c2, c3 = np.uint64(block + 1), step, sample, np.uint64(0)
        k0, k1 = seed, stream
        for _ in range(ROUNDS):
            high_0, low_0 = high_product(MULTIPLIER_0, c0), MULTIPLIER_0 * c0
            high_1, low_1 = high_product(MULTIPLIER_1, c2), MULTIPLIER_1 * c2
            c0, c1, c2, c3 = high_1 ^ c1 ^ k0, low_1, high_0 ^ c3 ^ k1, low_0
            k0 += WEYL_0
            k1 += WEYL_1
        first = block * DRAWS_PER_BLOCK
        if first + DRAWS_PER_BLOCK <= units:
            for place in range(4):
                shift = np.uint64(16 * place)
                draws[first + place] = np.int32((c0 >> shift) & np.uint64(0xFFFF))
                draws[first + 4 + place] = np.int32((c1 >> shift) & np.uint64(0xFFFF))
                draws[first + 8 + place] = np.int32((c2 >> shift) & np.uint64(0xFFFF))
                draws[first + 12 + place] = np.int32((c3 >> shift) & np.uint64(0xFFFF))
        else:
            words = (c0, c1, c2, c3)
            for place in range(units - first):
                draws[first + place] = np.int32((words[place // 4] >> np.uint64(16 * (place % 4))) & np.uint64(0xFFFF))
