"""Protocols that integrations, emissions and weights implement.

A kind is one file: its parameters in a frozen dataclass, its rule as `step` in plain NumPy, the range that it can
reach, the same rule as text for Brian2, and its float counterpart that a `Graph` holds. Once registered it runs on the
reference, Brian2 and Lava; the engine also needs a kernel (`neuro.engine.kernels`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.arithmetic import Integers
from quantal.neuro.equations import Equations

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]
State = dict[str, Integers]
"""State variables of a population by name, each `(batch, units)`."""
FloatState = dict[str, Floats]
Interval = tuple[Integers, Integers]
"""Lowest and highest value of each unit, `(units,)` each."""
Bound: TypeAlias = "int | Integers"
"""A number, or one of each source unit, `(source units,)`; two such bounds are both numbers or both arrays."""
Matrix: TypeAlias = "Floats | csr_array"
Limits = Mapping[str, tuple[int, int]]
"""Lowest and highest value of state variables by name."""
NO_STATES: tuple[str, ...] = ()
"""`states` of an emission without state variables of its own."""
ADDED_LATER: Mapping[str, bool] = MappingProxyType({"added_later": True})
"""Metadata of a field that files hold only where it differs from its default, so that older content hashes stay."""
POTENTIAL = "v"
"""Name of the membrane potential: the last state variable of every integration."""


class Integration(Protocol):
    """How input becomes state.

    The last of its `states` is the membrane potential `v`, which an emission reads and may reset; all others, such as
    a synaptic current `u`, belong to the integration alone. `lowest` and `highest` bound the potential.
    """

    states: ClassVar[tuple[str, ...]]

    @property
    def lowest(self) -> int: ...
    @property
    def highest(self) -> int: ...

    def limits(self) -> Limits:
        """Lowest and highest value of every state variable."""
        ...

    def problems(self, size: int) -> list[str]:
        """What is wrong with the parameters for a population of `size` units; empty if they are legal."""
        ...

    def step(self, state: State, a: Integers) -> State:
        """The state after one step with input `a`, `(batch, units)`."""
        ...

    def equations(self) -> Equations: ...


class Emission(Protocol):
    """How a membrane potential becomes a message.

    `states` names the emission's own state variables.
    """

    states: ClassVar[tuple[str, ...]]

    def problems(self, size: int) -> list[str]: ...

    def limits(self, lowest: int, highest: int) -> Limits:
        """Lowest and highest value of its own state variables for a potential between `lowest` and `highest`."""
        ...

    def draw_count(self, size: int) -> int:
        """Number of 16-bit random draws that a population of `size` units needs at each step.

        Where a unit needs several, those of all units come first, then the second of all units, and so on.
        """
        ...

    def step(self, own: State, v: Integers, uniform: Integers) -> tuple[Integers, State, Integers]:
        """Message, own state variables and potential after one step; `uniform` holds the draws, `(batch, draws)`."""
        ...

    def message_range(self, lowest: int, highest: int) -> tuple[int, int]:
        """Lowest and highest message for a potential between `lowest` and `highest`."""
        ...

    def equations(self) -> Equations: ...


class Weight(Protocol):
    """How messages of the source become input of the target."""

    @property
    def shape(self) -> tuple[int, int]:
        """`(target units, source units)`."""
        ...

    def problems(self) -> list[str]: ...

    def apply(self, message: Integers) -> Integers:
        """`(batch, source units)` to `(batch, target units)`."""
        ...

    def values(self) -> NDArray[np.signedinteger[Any]]:
        """All stored weights, in any order, in the type in which they are stored: too narrow to calculate with."""
        ...

    def entries(self) -> tuple[Integers, Integers, Integers]:
        """Target unit, source unit and weight of every connection that isn't zero."""
        ...

    def reach(self, lowest: Bound, highest: Bound) -> Interval:
        """Smallest interval of the sum for messages between `lowest` and `highest`, `(target units,)` each."""
        ...


class FloatWeight(Protocol):
    """A weight in physical units, as a `Graph` holds it; operations preserve the kind unless noted."""

    @property
    def shape(self) -> tuple[int, int]:
        """`(target units, source units)`."""
        ...

    def problems(self) -> list[str]: ...

    def values(self) -> Floats:
        """Every stored weight, in the shape of the storage; weights of the same connection are added."""
        ...

    def mapped(self, function: Callable[[Floats], Floats]) -> FloatWeight:
        """The weight with `function` applied to each of its values."""
        ...

    def scaled(self, factor: float) -> FloatWeight:
        """The weight times a number."""
        ...

    def minus(self, other: FloatWeight) -> FloatWeight:
        """The weight minus another of its own kind and geometry."""
        ...

    def plus(self, other: FloatWeight) -> FloatWeight:
        """The sum of two weights, of any kind."""
        ...

    def after(self, before: FloatWeight) -> FloatWeight:
        """The linear map that applies `before` and then this one, of any kind."""
        ...

    def by_row(self, operation: np.ufunc, numbers: Floats) -> FloatWeight:
        """`multiply` or `divide` of row i by `numbers[i]`, `(target units,)`; the result may be of another kind."""
        ...

    def row_sizes(self) -> Floats:
        """Sum of the absolute weights of each target unit, `(target units,)`."""
        ...

    def apply(self, message: Floats) -> Floats:
        """`(batch, source units)` to `(batch, target units)`."""
        ...

    def quantise(self) -> Weight:
        """The weight of an integer network, rounded to the nearest integers; a sparse one drops those that are 0."""
        ...

    def to_matrix(self) -> Matrix:
        """The matrix of this weight, as a sparse one if the weight is sparse."""
        ...

    def to_dense(self) -> Floats:
        """The matrix of this weight, as a dense array."""
        ...


class FloatIntegration(Protocol):
    """An integration in physical units, as a `Graph` holds it."""

    states: ClassVar[tuple[str, ...]]

    @property
    def lowest(self) -> float: ...
    @property
    def highest(self) -> float: ...

    def problems(self, size: int) -> list[str]: ...

    def step(self, state: FloatState, a: Floats) -> FloatState: ...

    def sum_scale(self, state_scale: float) -> float:
        """What 1 in the sum of input stands for when a 1 in the state stands for `state_scale`."""
        ...

    def finest_state_scale(self) -> float:
        """The finest scale of the states at which the parameters of the integer integration are still legal."""
        ...

    def quantise(self, state_scale: float) -> Integration:
        """The integer integration whose states are in multiples of `state_scale`."""
        ...


class FloatEmission(Protocol):
    """An emission in physical units, as a `Graph` holds it."""

    states: ClassVar[tuple[str, ...]]

    def problems(self, size: int) -> list[str]: ...

    def step(self, own: FloatState, v: Floats, generator: np.random.Generator) -> tuple[Floats, FloatState, Floats]: ...

    def message_bound(self, lowest: float, highest: float) -> float:
        """Largest absolute message for a potential between `lowest` and `highest`."""
        ...

    def message_scale(self, state_scale: float, bound: float, message_bits: int) -> float:
        """What a message of 1 stands for if a 1 in the state stands for `state_scale` and messages reach `bound`."""
        ...

    def finest_state_scale(self) -> float:
        """The finest scale of the states at which the parameters of the integer emission are still legal."""
        ...

    def quantise(self, state_scale: float, message_scale: float, integration: Any) -> Emission:
        """The integer emission for states of `integration`, in multiples of `state_scale`."""
        ...


def no_limits(kind: Any, lowest: int, highest: int) -> Limits:
    """`limits` of an emission without state variables of its own."""
    return {}


def no_draws(kind: Any, size: int) -> int:
    """`draw_count` of an emission that draws nothing."""
    return 0


def one_draw(kind: Any, size: int) -> int:
    """`draw_count` of an emission whose units draw once each."""
    return size


def whole(value: Any, name: str, lowest: int, highest: int) -> list[str]:
    """Problem text if `value` isn't a whole number between `lowest` and `highest`."""
    if isinstance(value, int) and lowest <= value <= highest:
        return []
    return [f"{name} is {value!r}, expected a whole number from {lowest} to {highest}"]


def vector(value: Integers, name: str, size: int, lowest: int, highest: int) -> list[str]:
    """Problem text if `value` isn't `(size,)` integers between `lowest` and `highest`."""
    if not isinstance(value, np.ndarray) or value.shape != (size,) or value.dtype != np.int64:  # pyright: ignore
        found = f"{value.dtype} {value.shape}" if hasattr(value, "dtype") else repr(value)
        return [f"{name} is {found}, expected int64 ({size},)"]
    if value.size and (value.min() < lowest or value.max() > highest):
        unit = int(np.argmax((value < lowest) | (value > highest)))
        return [f"{name}[{unit}] is {value[unit]}, expected {lowest} to {highest}"]
    return []


def finite(value: Floats | float, name: str) -> list[str]:
    """Problem text if a number of a float kind is NaN or infinite."""
    if np.isfinite(value).all():
        return []
    place = np.argwhere(~np.isfinite(np.atleast_1d(value)))[0]
    return [f"{name}{place.tolist()} is {np.atleast_1d(value)[tuple(place)]}, expected a finite number"]
