"""Kernels: the compiled function of each kind, and the numbers of the kind that it reads.

All kernels of a role have the same signature, so that the loop can call any of them by address. A kernel handles one
sample: states are `(variables, units)`, sums, draws and messages `(units,)`, all `int32`.

- integrate: `(state, sums, numbers)` changes the state variables of an integration
- emit: `(state, draws, numbers, message)` writes the message, and may change the state, in which the emission's own
  variables come first
- connect: `(message, exponent, values, index, sums)` adds `(W m) << exponent` to the sums
- learn: `(memory, places, numbers, connections, tags, weights)` changes the tags of a projection and the weights that
  follow from them; factor k of the rule starts at `memory[places[k]]`. `neuro.engine.plasticity` says how connections
  and weights are stored
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

LEARN = "void(int32[::1], int64[::1], int32[::1], int32[::1], int32[::1], int32[::1])"


@dataclass(frozen=True)
class Kernel:
    """A compiled function, its address, and `pack`, which returns the numbers of a kind as the function reads them."""

    compiled: Any
    pack: Callable[[Any], Any]
    address: int


KERNELS: dict[type, Kernel] = {}
"""Kernels by kind, registered when the files beside this one are imported, and by plug-ins."""


def integrates(kind: type, pack: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Compile a function as the kernel of an integration."""
    return kernel_decorator(kind, pack, INTEGRATE)


def emits(kind: type, pack: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Compile a function as the kernel of an emission."""
    return kernel_decorator(kind, pack, EMIT)


def connects(kind: type, pack: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Compile a function as the kernel of a weight."""
    return kernel_decorator(kind, pack, CONNECT)


def learns(kind: type, pack: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Compile a function as the kernel of a learning rule."""
    return kernel_decorator(kind, pack, LEARN)


def kernel_decorator(kind: type, pack: Callable[[Any], Any], signature: str) -> Callable[[Any], Any]:
    """A decorator that compiles a function for this signature and registers it as the kernel of a kind."""

    def compile_and_register(function: Any) -> Any:
        kernel = compiled(signature)(function)
        register_kernel(kind, kernel, pack, signature)
        return kernel

    return compile_and_register


def register_kernel(kind: type, function: Any, pack: Callable[[Any], Any], signature: str) -> None:
    """Let the engine run a kind with a compiled function.

    `integrates`, `emits`, `connects` and `learns` compile and register in one go.

    Parameters
    ----------
    kind
        The class of an integration, an emission, a weight or a plasticity.
    function
        A function that Numba has compiled for this signature and no other, as `compiled(signature)` does.
    pack
        Returns the numbers that the function reads, for an instance of the kind: integers for an integration, an
        emission or a plasticity, 16-bit `values` and 32-bit `index` for a weight.
    signature
        `INTEGRATE`, `EMIT`, `CONNECT` or `LEARN`.

    Raises
    ------
    QuantalError
        If the function is not compiled, or is compiled for another signature.
    """
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
    """Address of the machine code of a compiled function."""
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
        hint="run it on the reference, Brian2 or Lava, or register a kernel with quantal.register_kernel",
    )


def has_kernels(network: CountNetwork) -> bool:
    """Whether the engine can run every kind that a network holds."""
    load_plugins()
    kinds = {type(part) for p in network.populations for part in (p.integration, p.emission)}
    rules = {type(rule) for _, rule in network.learning}
    return (kinds | rules | {type(p.weight) for p in network.projections}) <= KERNELS.keys()
