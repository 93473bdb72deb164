"""Dialects: the integer rules in which public models of the chip differ.

Each is read from the sources of a package and checked against that package, integer for integer, by
`bench/peers/dialects.py`. Within all limits they agree with each other and with `Cuba` and `Spike`; a `Dialect`
states each limit and what happens beyond it. A new dialect is a file here and an entry in `DIALECTS`.
"""

from __future__ import annotations

from collections.abc import Mapping

from quantal.neuro.dialects.brian2_loihi import BRIAN2_LOIHI
from quantal.neuro.dialects.dialect import Dialect, delay_max, sum_max
from quantal.neuro.dialects.lava import LAVA
from quantal.neuro.dialects.lif import Lif, LifState, cuba_fields, lif_problems, lif_step
from quantal.neuro.dialects.nengo_loihi import NENGO_LOIHI
from quantal.neuro.dialects.weights import effective_weights, rounded_weights, weighted_sum
from quantal.neuro.errors import QuantalError

DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (LAVA, BRIAN2_LOIHI, NENGO_LOIHI)}
"""Dialects by name; the first is the default of a network."""

__all__ = [
    "BRIAN2_LOIHI",
    "DIALECTS",
    "LAVA",
    "NENGO_LOIHI",
    "Dialect",
    "Lif",
    "LifState",
    "cuba_fields",
    "delay_max",
    "dialect_named",
    "effective_weights",
    "lif_problems",
    "lif_step",
    "rounded_weights",
    "sum_max",
    "weighted_sum",
]


def dialect_named(name: str) -> Dialect:
    """The dialect of that name."""
    if name in DIALECTS:
        return DIALECTS[name]
    raise QuantalError("no such dialect", where="dialect", expected=f"one of {', '.join(DIALECTS)}", got=name)
