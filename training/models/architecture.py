"""The notation for the layers of a spiking classifier, such as `16c5s2-32c5s2-10`; needs no torch."""

from __future__ import annotations

import re

from quantal.neuro.errors import QuantalError

WORDS: dict[str, re.Pattern[str]] = {
    "convolution": re.compile(r"(\d+)c(\d+)(?:s(\d+))?"),
    "pool": re.compile(r"p(\d+)"),
    "recurrent": re.compile(r"(\d+)r"),
    "dense": re.compile(r"(\d+)"),
}
"""Kind of layer to the pattern of its word; the groups are its numbers."""

Word = tuple[str, list[int | None]]


def parse_architecture(architecture: str) -> list[Word]:
    """Each word of an architecture as its kind of layer and its numbers.

    The last layer must be dense, and at least one layer of units must precede it; anything else is a `QuantalError`.
    """
    words = [parse_word(word, architecture) for word in architecture.split("-")]
    if words[-1][0] != "dense":
        raise QuantalError("the last layer isn't dense", where=architecture, expected="a number of classes at the end")
    if all(layer == "pool" for layer, _ in words[:-1]):
        raise QuantalError("no hidden layer", where=architecture, expected="a layer of units before the last")
    return words


def parse_word(word: str, architecture: str) -> Word:
    """The kind and the numbers of one layer."""
    for layer, pattern in WORDS.items():
        found = pattern.fullmatch(word)
        if found:
            numbers = [None if group is None else int(group) for group in found.groups()]
            if 0 not in numbers:
                return layer, numbers
    raise QuantalError(
        "no such layer", where=architecture, expected="layers such as 16c5s2, p2, 128r or 512, joined by -", got=word
    )
