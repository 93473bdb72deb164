"""Every primitive of NIR, family by family."""

from __future__ import annotations

from neuro.exchange import convolutions, delays, ends, maps, neurons
from neuro.exchange.primitive import Primitive

PRIMITIVES: dict[str, Primitive] = {
    **ends.PRIMITIVES,
    **maps.PRIMITIVES,
    **convolutions.PRIMITIVES,
    **delays.PRIMITIVES,
    **neurons.PRIMITIVES,
}
"""Name of a primitive to what is said of it; a graph inside a graph is none of these."""
