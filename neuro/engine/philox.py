"""Philox 4×64-10 as compiled code: the same draws as `neuro.draws`, written into a buffer."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing.templates import signature
from numba.extending import intrinsic

from quantal.neuro.engine.compiled import compiled
from quantal.neuro.engine.simd import Lanes, store

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


def _halves(_context: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """The sixteen 16-bit parts of four 64-bit numbers, lowest first."""
    result = Lanes(types.int32, DRAWS_PER_BLOCK)

    def build(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        words = ir.Constant(ir.VectorType(ir.IntType(64), len(values)), ir.Undefined)
        for place, value in enumerate(values):
            words = builder.insert_element(words, value, ir.Constant(ir.IntType(32), place))
        parts = builder.bitcast(words, ir.VectorType(ir.IntType(16), DRAWS_PER_BLOCK))
        return builder.zext(parts, result.vector)

    return signature(result, *(types.uint64,) * 4), build


high_product: Any = intrinsic(_high_product)
halves: Any = intrinsic(_halves)


@compiled("void(uint64, uint64, uint64, uint64, int32[::1])")
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
        store(draws, block * DRAWS_PER_BLOCK, halves(c0, c1, c2, c3))
