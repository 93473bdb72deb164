"""The notation for layers of a spiking classifier, such as `16c5s2-32c5s2-10`; needs no torch."""

from __future__ import annotations

import re

from quantal.neuro.errors import QuantalError

WORDS: dict[str, re.Pattern[str]] = {
    "convolution": re.compile(r"(\d+)c(\d+)(?:s(\d+))?"),
    "pool": re.compile(r"p(\d+)"),
    "recurrent": re.compile(r"(\d+)r"),
    "dense": re.compile(r"(\d+)"),
}
"""Kind of layer to the pattern of its word, with the numbers as groups."""

Word = tuple[str, list[int | None]]


def parse_architecture(architecture: str) -> list[Word]:
    """Each word of an architecture as kind of layer and numbers; the last is dense, after a layer of units."""
    words = [parse_word(word, architecture) for word in architecture.split("-")]
    if words[-1][0] != "dense":
        raise QuantalError("the last layer isn't dense", where=architecture, expected="a number of classes at the end")
    if all(layer == "pool" for layer, _ in words[:-1]):
        raise QuantalError("no hidden layer", where=architecture, expected="a layer of units before the last")
    return words


def parse_word(word: str, architecture: str) -> Word:
    """One layer of an architecture."""
    for layer, pattern in WORDS.items():
        found = pattern.fullmatch(word)
        if found:
            numbers = [None if group is None else int(group) for group in found.groups()]
            if 0 not in numbers:
                return layer, numbers
    raise QuantalError(
        "no such layer", where=architecture, expected="layers such as 16c5s2, p2, 128r or 512, joined by -", got=word
    )
