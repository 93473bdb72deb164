"""Protocols that learning rules, and the weights that they change, implement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from quantal.neuro.arithmetic import Integers
from quantal.neuro.protocols import Equations, Weight


@runtime_checkable
class LearnableWeight(Weight, Protocol):
    """A weight in which every stored connection has a number of its own, which a learning rule may change."""

    def connections(self) -> tuple[Integers, Integers]:
        """Target unit and source unit of every stored connection, in the order of `values`, also where it is zero."""
        ...

    def with_values(self, values: Integers) -> Weight:
        """The same connections with other weights, `(connections,)`."""
        ...


@dataclass(frozen=True)
class Factor:
    """Messages that a learning rule reads at one end of each connection.

    `delay` is the age of the message in steps: 1 for the newest, emitted in the step in which the rule is applied.
    """

    population: str
    end: Literal["post", "pre"]
    delay: int


class Plasticity(Protocol):
    """How the weight of a connection changes during a run.

    A connection has a tag, an integer of 24 bits, from which its weight follows. The rule changes the tag once a step,
    after all populations have emitted, and draws no random numbers.
    """

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The messages that the rule reads, in the order in which `step` takes them."""
        ...

    @property
    def levels(self) -> Integers:
        """Every weight that the rule can give a connection, ascending."""
        ...

    def problems(self) -> list[str]: ...

    def largest_change(self, sizes: Sequence[int]) -> int:
        """Largest change of a tag in one step, for factors whose absolute values reach `sizes`."""
        ...

    def first_tags(self, weights: Integers) -> Integers:
        """Tags that give these weights."""
        ...

    def step(self, tags: Integers, factors: Sequence[Integers]) -> Integers:
        """The tags after one step; tags and each factor are `(batch, connections)`."""
        ...

    def weights(self, tags: Integers) -> Integers:
        """The weights that follow from tags of any shape."""
        ...

    def equations(self) -> Equations:
        """The rule for Brian2: it changes `tag`, writes `weight`, and reads `factor_0`, `factor_1` and so on."""
        ...
