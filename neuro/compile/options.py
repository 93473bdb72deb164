"""Options and report of a compilation."""

from __future__ import annotations

from dataclasses import dataclass, field

from quantal.neuro.dialects import LAVA, dialect_named
from quantal.neuro.errors import QuantalError

INPUTS = ("chip", "host")
"""Where the weights of the first layer can be."""

LIMITS = {
    "weight_bits": (4, 8),
    "weight_slices": (1, 2),
    "state_bits": (10, 24),
    "message_bits": (2, 16),
    "input_bits": (1, 16),
}
"""Lowest and highest value of each option that is a number."""


@dataclass(frozen=True)
class Options:
    """Options of a compilation: numbers of bits, and the dialect whose integer rules apply.

    Parameters
    ----------
    weight_bits
        Bits of a weight, including its sign, 4 to 8.
    weight_slices
        Number of slices of each weight, 1, or 2 to split each weight into a high and a low slice.
    state_bits
        Bits of a state, including its sign, 10 to 24.
    message_bits
        Bits of a graded message, excluding its sign, 2 to 16, of populations that don't state their own.
    input
        Where the first layer's weights are: `chip`, as synapses of an input population, or `host`, which computes a
        current from them in floating point.
    input_bits
        Most bits of a message of the input population, excluding its sign, 1 to 16.
    dialect
        Name of the dialect whose limits weights and delays must respect, see `neuro.dialects`.

    Raises
    ------
    QuantalError
        If a number is out of range or the dialect is unknown.
    """

    weight_bits: int = 8
    weight_slices: int = 1
    state_bits: int = 24
    message_bits: int = 10
    input: str = "chip"
    input_bits: int = 8
    dialect: str = LAVA.name

    def __post_init__(self) -> None:
        dialect_named(self.dialect)
        if self.input not in INPUTS:
            raise QuantalError(
                "no such place", where="compile option input", expected=" or ".join(INPUTS), got=repr(self.input)
            )
        for name, (lowest, highest) in LIMITS.items():
            value = getattr(self, name)
            if not isinstance(value, int) or not lowest <= value <= highest:
                raise QuantalError(
                    "out of range", where=f"compile option {name}", expected=f"{lowest} to {highest}", got=repr(value)
                )


@dataclass(frozen=True)
class Note:
    """A single remark of a pass, on a population, a projection or the whole graph."""

    pass_name: str
    subject: str
    text: str


@dataclass
class Report:
    """The notes of all passes, in order."""

    notes: list[Note] = field(default_factory=list[Note])

    def add(self, pass_name: str, subject: str, text: str) -> None:
        """Add a note on a subject, such as a population."""
        self.notes.append(Note(pass_name, subject, text))


def largest_mantissa(weight_bits: int) -> int:
    """Largest mixed-sign mantissa: 254 at 8 bits, 252 at 7 bits, down to 224 at 4 bits."""
    return 256 - weight_grid(weight_bits)


def weight_grid(weight_bits: int) -> int:
    """Distance between adjacent mixed-sign mantissas: 2 at 8 bits, doubled for each bit fewer."""
    return 2 ** (9 - weight_bits)
