"""Short vectors in compiled kernels: lanes of one integer type, processed together.

LLVM splits them into vectors that the processor has. Except in `load_inside` and `store_inside`, lanes past the end of
an array read as 0 and are not written.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel.models import PrimitiveModel
from numba.core.typing.templates import signature
from numba.extending import intrinsic, overload, register_model
from numba.np.arrayobj import make_array

from quantal.neuro.engine.compiled import compiled

CACHE_LINE = 64
"""Size in bytes; a vector that straddles two lines takes longer to load."""


class Lanes(types.Type):
    """`lanes` integers of the type `dtype`."""

    def __init__(self, dtype: Any, lanes: int) -> None:
        self.dtype, self.lanes = dtype, lanes
        super().__init__(f"Lanes({dtype}, {lanes})")

    @property
    def vector(self) -> Any:
        """The corresponding type of LLVM."""
        return ir.VectorType(ir.IntType(self.dtype.bitwidth), self.lanes)


@register_model(Lanes)
class _LanesModel(PrimitiveModel):
    def __init__(self, manager: Any, lanes: Any) -> None:
        super().__init__(manager, lanes, lanes.vector)


def _place(context: Any, builder: Any, array: Any, values: Any, lanes: Any) -> Any:
    """Pointer to the first lane, whether all lanes lie in the array, and the bytes of those that do."""
    view = make_array(array)(context, builder, values[0])
    left = builder.sub(cgutils.unpack_tuple(builder, view.shape)[0], values[1])
    pointer = builder.bitcast(builder.gep(view.data, [values[1]]), lanes.vector.as_pointer())
    fits = builder.icmp_signed(">=", left, left.type(lanes.lanes))
    return pointer, fits, builder.mul(left, left.type(lanes.dtype.bitwidth // 8))


def _load(_context: Any, array: Any, start: Any, lanes: Any) -> Any:
    """`array[start : start + lanes]`, of a one-dimensional array; `lanes` is a constant."""
    result = Lanes(array.dtype, lanes.literal_value)

    def build(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        pointer, fits, size = _place(context, builder, array, values, result)
        with builder.if_else(fits, likely=True) as (whole, end):
            with whole:
                read, from_whole = builder.load(pointer, align=array.dtype.bitwidth // 8), builder.block
            with end:
                room = cgutils.alloca_once_value(builder, ir.Constant(result.vector, None))
                cgutils.raw_memcpy(builder, room, pointer, size, 1)
                last, from_end = builder.load(room), builder.block
        lanes_read = builder.phi(result.vector)
        lanes_read.add_incoming(read, from_whole)
        lanes_read.add_incoming(last, from_end)
        return lanes_read

    return signature(result, array, types.intp, lanes), build


def _load_inside(_context: Any, array: Any, start: Any, lanes: Any) -> Any:
    """The same for an array that is known to hold all lanes."""
    result = Lanes(array.dtype, lanes.literal_value)

    def build(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        view = make_array(array)(context, builder, values[0])
        pointer = builder.bitcast(builder.gep(view.data, [values[1]]), result.vector.as_pointer())
        return builder.load(pointer, align=array.dtype.bitwidth // 8)

    return signature(result, array, types.intp, lanes), build


def _store(_context: Any, array: Any, start: Any, value: Any) -> Any:
    """`array[start : start + lanes] = value`."""

    def build(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        pointer, fits, size = _place(context, builder, array, values, value)
        with builder.if_else(fits, likely=True) as (whole, end):
            with whole:
                builder.store(values[2], pointer, align=array.dtype.bitwidth // 8)
            with end:
                cgutils.raw_memcpy(builder, pointer, cgutils.alloca_once_value(builder, values[2]), size, 1)
        return context.get_dummy_value()

    return signature(types.none, array, types.intp, value), build


def _store_inside(_context: Any, array: Any, start: Any, value: Any) -> Any:
    """The same for an array that is known to hold all lanes."""

    def build(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        view = make_array(array)(context, builder, values[0])
        pointer = builder.bitcast(builder.gep(view.data, [values[1]]), value.vector.as_pointer())
        builder.store(values[2], pointer, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return signature(types.none, array, types.intp, value), build


def _every_lane(builder: Any, lanes: Lanes, number: Any) -> Any:
    unset, places = ir.Constant(lanes.vector, ir.Undefined), ir.VectorType(ir.IntType(32), lanes.lanes)
    first = builder.insert_element(unset, number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, unset, ir.Constant(places, [0] * lanes.lanes))


def _splat(_context: Any, number: Any, lanes: Any) -> Any:
    """One number in every lane; `lanes` is a constant."""
    result = Lanes(types.unliteral(number), lanes.literal_value)

    def build(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return _every_lane(builder, result, values[0])

    return signature(result, result.dtype, lanes), build


def _widened(dtype: Any) -> Any:
    """Every lane converted to a wider type."""

    def typed(_context: Any, value: Any) -> Any:
        result = Lanes(dtype, value.lanes)

        def build(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            return values[0] if value.dtype == dtype else builder.sext(values[0], result.vector)

        return signature(result, value), build

    return intrinsic(typed)


def _narrowed(dtype: Any) -> Any:
    """Every lane converted to a narrower type, which must hold its value."""

    def typed(_context: Any, value: Any) -> Any:
        result = Lanes(dtype, value.lanes)

        def build(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            return builder.trunc(values[0], result.vector)

        return signature(result, value), build

    return intrinsic(typed)


def _like(_context: Any, value: Any, array: Any) -> Any:
    """Every lane converted to the type of an array, which is at least as wide."""
    result = Lanes(array.dtype, value.lanes)

    def build(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return values[0] if value.dtype == array.dtype else builder.sext(values[0], result.vector)

    return signature(result, value, array), build


def _lanewise(work: Callable[[Any, Any, Any], Any]) -> Any:
    """A function of two vectors, lane by lane."""

    def typed(_context: Any, a: Any, b: Any) -> Any:
        def build(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            return work(builder, *values)

        return signature(a, a, a), build

    return intrinsic(typed)


def _lanes_where(comparison: str) -> Any:
    """Bit i of the result is set if the comparison holds in lane i, for up to 64 lanes."""

    def typed(_context: Any, a: Any, b: Any) -> Any:
        def build(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            bits = builder.bitcast(builder.icmp_signed(comparison, *values), ir.IntType(a.lanes))
            return bits if a.lanes == 64 else builder.zext(bits, ir.IntType(64))

        return signature(types.uint64, a, a), build

    return intrinsic(typed)


def _is_greater(_context: Any, a: Any, b: Any) -> Any:
    """−1, all bits set, in the lanes where a > b, else 0."""

    def build(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.sext(builder.icmp_signed(">", *values), a.vector)

    return signature(a, a, a), build


def _gather(_context: Any, table: Any, index: Any) -> Any:
    """`table[index]`, lane by lane; every index must be inside the table."""
    result, size = Lanes(table.dtype, index.lanes), table.dtype.bitwidth // 8

    def build(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        base = builder.ptrtoint(make_array(table)(context, builder, values[0]).data, ir.IntType(64))
        wide = Lanes(types.int64, index.lanes)
        bytes_off = builder.mul(builder.sext(values[1], wide.vector), _every_lane(builder, wide, ir.IntType(64)(size)))
        pointers = ir.VectorType(ir.IntType(table.dtype.bitwidth).as_pointer(), index.lanes)
        mask = ir.Constant(ir.VectorType(ir.IntType(1), index.lanes), [1] * index.lanes)
        arguments = [
            builder.inttoptr(builder.add(_every_lane(builder, wide, base), bytes_off), pointers),
            ir.IntType(32)(size),
            mask,
            ir.Constant(result.vector, None),
        ]
        function = ir.FunctionType(result.vector, [argument.type for argument in arguments])
        # LLVM appends the types of the pointers to the name.
        name = f"llvm.masked.gather.v{index.lanes}i{table.dtype.bitwidth}"
        return builder.call(cgutils.get_or_insert_function(builder.module, function, name), arguments)

    return signature(result, table, index), build


def _of_bits(name: str, *options: int) -> Any:
    """One of LLVM's intrinsic functions of a 64-bit number."""

    def typed(_context: Any, bits: Any) -> Any:
        def build(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            function = ir.FunctionType(ir.IntType(64), [ir.IntType(64), *(ir.IntType(1) for _ in options)])
            declared = builder.module.declare_intrinsic(name, [ir.IntType(64)], function)
            return builder.call(declared, [values[0], *(ir.Constant(ir.IntType(1), option) for option in options)])

        return signature(types.int64, types.uint64), build

    return intrinsic(typed)


load: Any = intrinsic(prefer_literal=True)(_load)
load_inside: Any = intrinsic(prefer_literal=True)(_load_inside)
store: Any = intrinsic(_store)
store_inside: Any = intrinsic(_store_inside)
splat: Any = intrinsic(prefer_literal=True)(_splat)
like: Any = intrinsic(_like)
to_int16: Any = _widened(types.int16)
to_int32: Any = _widened(types.int32)
narrow_to_int8: Any = _narrowed(types.int8)
narrow_to_int16: Any = _narrowed(types.int16)
where_at_most: Any = _lanes_where("<=")
where_unequal: Any = _lanes_where("!=")
is_greater: Any = intrinsic(_is_greater)
gather: Any = intrinsic(_gather)
minimum: Any = _lanewise(lambda builder, a, b: builder.select(builder.icmp_signed("<", a, b), a, b))
maximum: Any = _lanewise(lambda builder, a, b: builder.select(builder.icmp_signed(">", a, b), a, b))
first_bit: Any = _of_bits("llvm.cttz", 0)
bit_count: Any = _of_bits("llvm.ctpop")

_OPERATORS: dict[Any, Any] = {
    operator.add: _lanewise(lambda builder, a, b: builder.add(a, b)),
    operator.and_: _lanewise(lambda builder, a, b: builder.and_(a, b)),
    operator.or_: _lanewise(lambda builder, a, b: builder.or_(a, b)),
    operator.xor: _lanewise(lambda builder, a, b: builder.xor(a, b)),
    operator.sub: _lanewise(lambda builder, a, b: builder.sub(a, b)),
    operator.mul: _lanewise(lambda builder, a, b: builder.mul(a, b)),
    operator.lshift: _lanewise(lambda builder, a, b: builder.shl(a, b)),
    operator.rshift: _lanewise(lambda builder, a, b: builder.ashr(a, b)),
}


def _overload(symbol: Any, work: Any) -> None:
    # Numba compares the names of the arguments, and takes an annotation as part of the name.
    def on_lanes(a, b):  # pyright: ignore
        return work(a, b)  # pyright: ignore

    def typed(a, b):  # pyright: ignore
        return on_lanes if isinstance(a, Lanes) and a == b else None

    overload(symbol)(typed)  # pyright: ignore


for _symbol, _work in _OPERATORS.items():
    _overload(_symbol, _work)


@compiled("uint64(int64)")
def inside(left: Any) -> Any:
    """Bits of the lanes that are inside an array with `left` remaining values, 1 or more."""
    return ~np.uint64(0) >> np.uint64(64 - min(left, 64))
