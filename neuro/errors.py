"""The one error a user sees: the thing, the place, expected and got, and the next step."""

from __future__ import annotations


class QuantalError(Exception):
    """Something the user can mend.

    Parameters
    ----------
    what
        The thing that is wrong, as a sentence without a full stop.
    where
        The place: a file, a population, a projection, an option.
    expected, got
        What should stand there and what does.
    hint
        The next step.

    The text has at most three lines, so that a command line can print it whole.
    """

    def __init__(self, what: str, *, where: str = "", expected: str = "", got: str = "", hint: str = "") -> None:
        self.what, self.where, self.expected, self.got, self.hint = what, where, expected, got, hint
        super().__init__(self.text())

    def text(self) -> str:
        """The message: `where: what`, then `expected …, got …`, then the hint."""
        first = f"{self.where}: {self.what}" if self.where else self.what
        pair = [f"expected {self.expected}"] if self.expected else []
        pair += [f"got {self.got}"] if self.got else []
        return "\n  ".join(line for line in (first, ", ".join(pair), self.hint) if line)


class Refusal(QuantalError):
    """A backend says that it can't run a network exactly, and why."""
