"""The compiled functions of all kinds by number, called at their addresses.

Handing the functions themselves to compiled code takes as long as tens of steps, at each run.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import signature
from numba.extending import intrinsic

from neuro.kinds import EMISSIONS, INTEGRATIONS, WEIGHTS


def _address(kernel: Any) -> int:
    (compiled,) = kernel.overloads.values()
    return compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)


def _call_at(kernel: Any) -> Any:
    """A function for compiled code: `address`, then a tuple of arguments of the types that this kernel has."""
    (declared,) = kernel.overloads

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


INTEGRATE, EMIT, CONNECT = (
    np.array([_address(kind.kernel) for kind in kinds]) for kinds in (INTEGRATIONS, EMISSIONS, WEIGHTS)
)
integrate_at: Any = _call_at(INTEGRATIONS[0].kernel)
emit_at: Any = _call_at(EMISSIONS[0].kernel)
connect_at: Any = _call_at(WEIGHTS[0].kernel)
