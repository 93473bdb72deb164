"""Every primitive of NIR, family by family."""

from __future__ import annotations

from quantal.neuro.nir.primitives import convolutions, delays, neurons
from quantal.neuro.nir.primitives import linear as maps
from quantal.neuro.nir.primitives import ports as ends
from quantal.neuro.nir.primitives.primitive import Primitive

PRIMITIVES: dict[str, Primitive] = {
    **ends.PRIMITIVES,
    **maps.PRIMITIVES,
    **convolutions.PRIMITIVES,
    **delays.PRIMITIVES,
    **neurons.PRIMITIVES,
}
"""Name of a primitive to what is said of it; a graph inside a graph is none of these."""
