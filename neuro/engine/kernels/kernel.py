"""Which compiled function stands for a kind, and the numbers of the kind that it reads.

Every kernel of a role has the same signature, so that the loop calls any of them at its address. A sample is one row of
the batch: states are `(variables, units)`, sums, draws and messages `(units,)`, all `int32`.

- integrate: `(state, sums, numbers)` changes the state variables of an integration
- emit: `(state, draws, numbers, message)` writes the message, and may change the state, of which its own variables come
  first
- connect: `(message, exponent, values, index, sums)` adds `(W m) << exponent` to the sums
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numba.core.sigutils import normalize_signature

from quantal.neuro.engine.compiled import compiled
from quantal.neuro.errors import QuantalError, Refusal
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.registry import load_plugins

INTEGRATE = "void(int32[:,::1], int32[::1], int32[::1])"
EMIT = "void(int32[:,::1], int32[::1], int32[::1], int32[::1])"
CONNECT = "void(int32[::1], int64, int16[::1], int32[::1], int32[::1])"


@dataclass(frozen=True)
class Kernel:
    """A compiled function, its address, and `pack`: the numbers of a kind in the order in which the function reads."""

    compiled: Any
    pack: Callable[[Any], Any]
    address: int


KERNELS: dict[type, Kernel] = {}
"""By kind; filled as the files beside this one are loaded, and by plug-ins."""


def integrates(kind: type, pack: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Compile a function as the kernel of an integration."""
    return registering(kind, pack, INTEGRATE)


def emits(kind: type, pack: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Compile a function as the kernel of an emission."""
    return registering(kind, pack, EMIT)


def connects(kind: type, pack: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Compile a function as the kernel of a weight."""
    return registering(kind, pack, CONNECT)


def registering(kind: type, pack: Callable[[Any], Any], signature: str) -> Callable[[Any], Any]:
    """A decorator that compiles and registers."""

    def register_it(function: Any) -> Any:
        made = compiled(signature)(function)
        register_kernel(kind, made, pack, signature)
        return made

    return register_it


def register_kernel(kind: type, function: Any, pack: Callable[[Any], Any], signature: str) -> None:
    """Let the engine run a kind by a function that Numba has compiled for this signature and for no other."""
    expected, found = normalize_signature(signature)[0], [*getattr(function, "signatures", ())]
    if found != [expected]:
        raise QuantalError(
            "a kernel with another signature would be called with the wrong numbers",
            where=f"kernel of {kind.__name__}",
            expected=str(expected),
            got=", ".join(map(str, found)) or "a function that is not compiled",
            hint=f'compile it with @compiled("{signature}")',
        )
    KERNELS[kind] = Kernel(function, pack, address_of(function))


def address_of(function: Any) -> int:
    """Where the machine code of a compiled function is."""
    (only,) = function.overloads.values()
    return only.library.get_pointer_to_function(only.fndesc.llvm_func_name)


def kernel_of(kind: type, where: str) -> Kernel:
    """The kernel of a kind, or a refusal that names it."""
    load_plugins()
    if kind in KERNELS:
        return KERNELS[kind]
    raise Refusal(
        f"the engine has no kernel for {kind.__name__}",
        where=where,
        expected=f"one of {', '.join(known.__name__ for known in KERNELS)}",
        hint="run it on the reference, Brian2 or Lava, or register a kernel (neuro/engine/kernels/kernel.py)",
    )


def has_kernels(network: CountNetwork) -> bool:
    """Whether the engine can run every kind that a network holds."""
    load_plugins()
    kinds = {type(part) for p in network.populations for part in (p.integration, p.emission)}
    return (kinds | {type(p.weight) for p in network.projections}) <= KERNELS.keys()
