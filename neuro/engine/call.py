"""Call kernels by address.

Passing the functions themselves to compiled code would take as long as tens of steps in every run.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.sigutils import normalize_signature
from numba.core.typing.templates import signature
from numba.extending import intrinsic

from quantal.neuro.engine.kernels.kernel import CONNECT, EMIT, INTEGRATE, LEARN


def call_at(kernel_signature: str) -> Any:
    """A function for compiled code that calls one of this signature by address, with a tuple of arguments."""
    declared, _ = normalize_signature(kernel_signature)

    def typed(_context: Any, _address: Any, _arguments: Any) -> Any:
        def build(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            convention = context.call_conv
            pointer = convention.get_function_type(types.none, declared).as_pointer()
            status, _ = convention.call_function(
                builder,
                builder.inttoptr(values[0], pointer),
                types.none,
                declared,
                cgutils.unpack_tuple(builder, values[1]),
            )
            with cgutils.if_unlikely(builder, status.is_error):
                convention.return_status_propagate(builder, status)
            return ir.Constant(context.get_value_type(types.none), None)

        return signature(types.none, types.int64, types.Tuple(declared)), build

    return intrinsic(typed)


integrate_at: Any = call_at(INTEGRATE)
emit_at: Any = call_at(EMIT)
connect_at: Any = call_at(CONNECT)
learn_at: Any = call_at(LEARN)
