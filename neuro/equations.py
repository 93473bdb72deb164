"""A kind as text for Brian2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from quantal.neuro.arithmetic import Integers

Pool: TypeAlias = Callable[[Integers, Integers], Integers]
"""`(v, uniform)` to the entries of a table that has a row for each sample."""


@dataclass(frozen=True)
class Equations:
    """A kind as Brian2 text.

    The `update` of an integration reads and writes its state variables by name and reads `a`, the input of this
    step. That of an emission writes `message` and reads `uniform`, the 16-bit draw; it may change its own state
    variables and the potential `v`. Both may call the functions of `neuro.brian.exact.functions`, named as in
    `neuro.arithmetic`; a table `x` adds `rank_in_x(row, value)` and `entry_in_x(row, column)`. `constants` are single
    integers, `vectors` are `(units,)`, `tables` are `(rows, columns)`, and `update` reads them by name. No `update` may
    call `abs`: the code that Brian2 compiles has two functions of that name, ambiguous for 64-bit integers.

    Where a unit needs several draws, `uniform_1` is its second one, and so on. Where a message depends on other units
    of the population, `pools` are tables that are filled anew at every step, between `integrate` and `emit`, with a row
    for each sample: functions of `v`, `(batch, units)`, and of the population's draws, `(batch, draws)`. The text then
    reads `sample`, the row of the unit, and `unit`, its place in the population.
    """

    update: str
    constants: Mapping[str, int] = field(default_factory=dict[str, int])
    vectors: Mapping[str, Integers] = field(default_factory=dict[str, Integers])
    tables: Mapping[str, Integers] = field(default_factory=dict[str, Integers])
    pools: Mapping[str, Pool] = field(default_factory=dict[str, Pool])
