"""One setting of a training run: its default, its allowed values, and its meaning in one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, Protocol

from quantal.neuro.errors import QuantalError, did_you_mean


class Allowed(Protocol):
    """The values that a setting may have."""

    @property
    def text(self) -> str:
        """The values in words, as an error says after "expected"."""
        ...

    @property
    def short(self) -> str:
        """The values in brief, for the help text."""
        ...

    def allows(self, value: object) -> bool:
        """Whether a setting may have this value."""
        ...

    def parse(self, text: str) -> object:
        """Parse the text of a value; a `ValueError` if it is not one."""
        ...


@dataclass(frozen=True)
class WholeNumbers:
    """Whole numbers in a closed range."""

    low: int
    high: int

    @property
    def short(self) -> str:
        """The range."""
        return f"{self.low} to {self.high}"

    @property
    def text(self) -> str:
        """The range in words."""
        return f"a whole number from {self.short}"

    def allows(self, value: object) -> bool:
        """Whether the value is a whole number in the range."""
        return type(value) is int and self.low <= value <= self.high

    def parse(self, text: str) -> int:
        """A whole number."""
        return int(text)


@dataclass(frozen=True)
class Numbers:
    """Real numbers in a closed range."""

    low: float
    high: float

    @property
    def short(self) -> str:
        """The range."""
        return f"{self.low:g} to {self.high:g}"

    @property
    def text(self) -> str:
        """The range in words."""
        return f"a number from {self.short}"

    def allows(self, value: object) -> bool:
        """Whether the value is a number in the range."""
        return type(value) in (int, float) and self.low <= value <= self.high  # pyright: ignore[reportOperatorIssue]

    def parse(self, text: str) -> float:
        """A number."""
        return float(text)


@dataclass(frozen=True)
class Words:
    """One word of a fixed list."""

    known: tuple[str, ...]

    @property
    def short(self) -> str:
        """The words, separated by commas."""
        return ", ".join(self.known)

    @property
    def text(self) -> str:
        """The words, joined by "or"."""
        return " or ".join(self.known)

    def allows(self, value: object) -> bool:
        """Whether the value is one of the words."""
        return value in self.known

    def parse(self, text: str) -> str:
        """The word itself."""
        return text


@dataclass(frozen=True)
class Notation:
    """Text in a notation of its own; `check` raises a `QuantalError` for any other text."""

    short: str
    check: Callable[[str], object]

    @property
    def text(self) -> str:
        """The notation in words."""
        return f"text in a notation such as {self.short}"

    def allows(self, value: object) -> bool:
        """Whether the value is text that follows the notation."""
        if type(value) is not str:
            return False
        self.check(value)
        return True

    def parse(self, text: str) -> str:
        """The text itself."""
        return text


def setting(default: object, allowed: Allowed, meaning: str) -> Any:
    """Declare a setting as a field of a dataclass."""
    return field(default=default, metadata={"allowed": allowed, "meaning": meaning})


def check_settings(settings: Any) -> None:
    """Raise `QuantalError` for the first setting whose value is of a wrong type or out of range."""
    for each in fields(settings):
        value = getattr(settings, each.name)
        if not allowed_by(each).allows(value):
            raise not_allowed(each, value)


def allowed_by(each: Field[Any]) -> Allowed:
    """The values that a setting may have."""
    return each.metadata["allowed"]


def not_allowed(each: Field[Any], value: object) -> QuantalError:
    """The error for a value of a wrong type or out of range."""
    allowed = allowed_by(each)
    hint = did_you_mean(str(value), allowed.known) if isinstance(allowed, Words) else ""
    return QuantalError("setting out of range", where=each.name, expected=allowed.text, got=str(value), hint=hint)


def with_values(settings: Callable[..., Any], values: Mapping[str, object]) -> Any:
    """The settings with some values changed; a value may be given as text, as on a command line.

    A value of a wrong type or out of range is a `QuantalError`, and so is an unknown name, with the nearest suggested.
    """
    known = {each.name: each for each in fields(settings())}
    for name in values:
        if name not in known:
            raise QuantalError(
                "no such setting", where=name, expected=f"one of {', '.join(known)}", hint=did_you_mean(name, known)
            )
    return settings(**{name: value_of(known[name], value) for name, value in values.items()})


def value_of(each: Field[Any], value: object) -> object:
    """The value, parsed if it is given as text."""
    if type(value) is not str:
        return value
    try:
        return allowed_by(each).parse(value)
    except ValueError:
        raise not_allowed(each, value) from None
