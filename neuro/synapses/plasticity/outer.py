"""Outer: the weight of a connection learns from products of a message at its target and one at its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.neuro.arithmetic import DECAY_UNITY, DELAY_MAX, STATE_MAX, WEIGHT_MAX, Integers, leak, saturate
from quantal.neuro.errors import type_of
from quantal.neuro.protocols import Equations, whole
from quantal.neuro.synapses.plasticity.protocol import Factor

LIMIT_MAX = WEIGHT_MAX // 2
"""Weights of mixed signs are even, so the largest one is twice this number."""
SHIFT_MAX = 22
"""With a larger shift no tag of 24 bits gives any weight but 0."""


@dataclass(frozen=True)
class Term:
    """The product `sign · post_i · pre_j` of two messages.

    Parameters
    ----------
    post
        Population whose unit i sends the factor of all connections that end at unit i of the target.
    pre
        Population whose unit j sends the factor of all connections that start at unit j of the source.
    post_delay, pre_delay
        Age of the messages in steps: 1 for the newest, emitted in the step in which the rule is applied, 2 for that of
        the step before, and so on. A projection with the same `delay_steps` delivers the same message in the next step.
    sign
        1 or −1.
    """

    post: str
    pre: str
    post_delay: int = 1
    pre_delay: int = 1
    sign: int = 1


@dataclass(frozen=True)
class Outer:
    """A tag that sums products of messages: `tag_ij ← saturate(leak(tag_ij, decay) + Σ sign · post_i · pre_j)`.

    The weight is `w_ij = 2 · clip((tag_ij + half) >> shift, −limit, limit)`, where `half` is `2^(shift − 1)`, 0 for a
    shift of 0, so that the tag is rounded to the nearest weight. The rule is applied after all populations have
    emitted, and the sums of the next step use the new weights. Tags have 24 bits; before the first step, they are those
    that give the weights of the projection.

    Parameters
    ----------
    terms
        The products that are added to the tag.
    shift
        Number of low bits of the tag that do not show in the weight.
    limit
        Half of the largest weight.
    decay
        In 1/4096 of the tag per step.
    """

    terms: tuple[Term, ...]
    shift: int
    limit: int
    decay: int = 0

    @property
    def half(self) -> int:
        """What is added to a tag so that the shift rounds to nearest."""
        return (1 << self.shift) >> 1

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Post and pre of the first term, of the second, and so on."""
        pairs = [
            (Factor(term.post, "post", term.post_delay), Factor(term.pre, "pre", term.pre_delay)) for term in self.terms
        ]
        return tuple(factor for pair in pairs for factor in pair)

    @property
    def levels(self) -> Integers:
        """Even numbers from `−2 limit` to `2 limit`."""
        return np.arange(-self.limit, self.limit + 1) * 2

    def problems(self) -> list[str]:
        found = [
            *whole(self.shift, "shift", 0, SHIFT_MAX),
            *whole(self.limit, "limit", 1, LIMIT_MAX),
            *whole(self.decay, "decay", 0, DECAY_UNITY),
            *term_problems(self.terms),
        ]
        if not found and self.limit << self.shift > STATE_MAX:
            found.append(
                f"a weight of {2 * self.limit} needs a tag of {self.limit << self.shift}, expected at most "
                f"{STATE_MAX}, 24 bits; lower the limit or the shift"
            )
        return found

    def largest_change(self, sizes: Sequence[int]) -> int:
        """Sum of the largest products, for factors whose absolute values reach `sizes`."""
        return sum(post * pre for post, pre in zip(sizes[::2], sizes[1::2], strict=True))

    def first_tags(self, weights: Integers) -> Integers:
        """The tags that give these weights."""
        return (weights >> 1) << self.shift

    def step(self, tags: Integers, factors: Sequence[Integers]) -> Integers:
        change = np.zeros_like(tags)
        for term, post, pre in zip(self.terms, factors[::2], factors[1::2], strict=True):
            change += term.sign * post * pre
        return saturate(leak(tags, self.decay) + change, -STATE_MAX, STATE_MAX)

    def weights(self, tags: Integers) -> Integers:
        return 2 * saturate((tags + self.half) >> self.shift, -self.limit, self.limit)

    def equations(self) -> Equations:
        products = [
            f"{'-' if term.sign < 0 else '+'} factor_{2 * place} * factor_{2 * place + 1}"
            for place, term in enumerate(self.terms)
        ]
        return Equations(
            f"tag = saturate(leak(tag, decay) {' '.join(products)}, -tag_max, tag_max)\n"
            "weight = 2 * saturate(shift_right(tag + half, shift), -limit, limit)",
            constants={
                "decay": self.decay,
                "half": self.half,
                "shift": self.shift,
                "limit": self.limit,
                "tag_max": STATE_MAX,
            },
        )


def term_problems(terms: Any) -> list[str]:
    """What is wrong with the terms."""
    if not isinstance(terms, tuple) or not terms:
        return [f"terms is {type_of(terms)}, expected a tuple of at least one Term"]
    found: list[str] = []
    for place, term in enumerate(terms):
        if not isinstance(term, Term):
            return [f"terms[{place}] is {type_of(term)}, expected a Term"]
        found += whole(term.post_delay, f"terms[{place}].post_delay", 1, DELAY_MAX)
        found += whole(term.pre_delay, f"terms[{place}].pre_delay", 1, DELAY_MAX)
        found += [] if term.sign in (-1, 1) else [f"terms[{place}].sign is {term.sign!r}, expected 1 or -1"]
    return found
