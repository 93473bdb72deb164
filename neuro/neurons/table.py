"""Table: any function of the potential, looked up in a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from quantal.neuro.arithmetic import STATE_MAX, Integers
from quantal.neuro.neurons.table_rows import FUNCTIONS, row_of, row_problems, rows_between, rows_reached
from quantal.neuro.protocols import (
    NO_STATES,
    Equations,
    Floats,
    FloatState,
    Integration,
    State,
    finite,
    no_draws,
    no_limits,
)


@dataclass(frozen=True, eq=False)
class Table:
    """`message = values[clip((v >> shift) − first_row, 0, rows − 1)]`.

    Parameters
    ----------
    values
        `(rows,)`, of at most 24 bits.
    shift
        Potentials that differ only in their last `shift` bits share a row.
    first_row
        `v >> shift` of the first row; potentials outside the table use its first or last row.
    """

    values: Integers
    shift: int
    first_row: int

    states: ClassVar = NO_STATES
    limits = no_limits
    draw_count = no_draws

    def problems(self, size: int) -> list[str]:
        if self.values.ndim != 1 or self.values.dtype != np.int64 or not self.values.size:
            return [f"values is {self.values.dtype} {self.values.shape}, expected int64 (rows,)"]
        outside = np.flatnonzero(np.abs(self.values) > STATE_MAX)
        return [
            *row_problems(self.shift, self.first_row),
            *([f"values[{outside[0]}] is {self.values[outside[0]]}, expected 24 bits"] if outside.size else []),
        ]

    def step(self, own: State, v: Integers, uniform: Integers) -> tuple[Integers, State, Integers]:
        return self.values[row_of(v, self.shift, self.first_row, len(self.values))], own, v

    def message_range(self, lowest: int, highest: int) -> tuple[int, int]:
        reached = self.values[rows_reached(lowest, highest, self.shift, self.first_row, len(self.values))]
        return int(reached.min()), int(reached.max())

    def equations(self) -> Equations:
        return Equations(
            "message = entry_in_values(saturate(shift_right(v, shift) - first_row, 0, last_row), 0)",
            constants={"shift": self.shift, "first_row": self.first_row, "last_row": len(self.values) - 1},
            tables={"values": self.values[:, np.newaxis]},
        )


@dataclass(frozen=True)
class FloatTable:
    """`m = f(v)`, with v clipped to `lowest` … `highest`.

    The integer table has rows of some width `w` and messages in multiples of `s`, so its message times `s` is within
    `w / 2 · max |f'| + s / 2` of `f(v)`.

    Parameters
    ----------
    function
        `langevin`, `exp`, `log`, `tanh` or `rectified`, which is `max(v, 0)`.
    lowest, highest
        Range of the argument.
    """

    function: str
    lowest: float
    highest: float

    states: ClassVar = NO_STATES

    def problems(self, size: int) -> list[str]:
        return function_problems(self.function, self.lowest, self.highest)

    def step(self, own: FloatState, v: Floats, generator: np.random.Generator) -> tuple[Floats, FloatState, Floats]:
        return FUNCTIONS[self.function](np.clip(v, self.lowest, self.highest)), own, v

    def message_bound(self, lowest: float, highest: float) -> float:
        inside = np.clip([lowest, highest], self.lowest, self.highest)
        return float(np.abs(FUNCTIONS[self.function](inside)).max())

    def message_scale(self, state_scale: float, bound: float, message_bits: int) -> float:
        """The finest scale at which `bound` takes at most `message_bits` bits."""
        return bound / (2**message_bits - 1) if bound else 1.0

    def finest_state_scale(self) -> float:
        return 0.0

    def quantise(self, state_scale: float, message_scale: float, integration: Integration) -> Table:
        rows = rows_between(self.lowest, self.highest, state_scale, integration)
        values = np.rint(FUNCTIONS[self.function](rows.middle) / message_scale).astype(np.int64)
        return Table(values, rows.shift, rows.first_row)


def function_problems(function: str, lowest: float, highest: float) -> list[str]:
    """What is wrong with a function of a float kind, or with the range of its argument."""
    if function not in FUNCTIONS:
        return [f"function is {function!r}, expected one of {', '.join(FUNCTIONS)}"]
    wrong = argument_problems(lowest, highest)
    if wrong:
        return wrong
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return finite(FUNCTIONS[function](np.array([lowest, highest])), f"{function} of the range")


def argument_problems(lowest: float, highest: float) -> list[str]:
    """What is wrong with the range of a float table's argument."""
    ends = finite(lowest, "lowest") + finite(highest, "highest")
    return ends or ([] if lowest < highest else [f"lowest is {lowest:g}, expected less than highest, {highest:g}"])
