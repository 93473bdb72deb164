"""Every primitive of NIR, family by family."""

from __future__ import annotations

from quantal.neuro.nir.primitives import convolutions, delays, linear, neurons, ports
from quantal.neuro.nir.primitives.primitive import Primitive

PRIMITIVES: dict[str, Primitive] = {
    **ports.PRIMITIVES,
    **linear.PRIMITIVES,
    **convolutions.PRIMITIVES,
    **delays.PRIMITIVES,
    **neurons.PRIMITIVES,
}
"""Name of a primitive to its parameters and shapes; a graph inside a graph is not among them."""
