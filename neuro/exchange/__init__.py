"""NIR, the exchange format of spiking networks: in, out, and to and from a `Graph`."""

from __future__ import annotations

from neuro.exchange.from_graph import from_graph
from neuro.exchange.hdf5 import read_nir, write_nir
from neuro.exchange.nir_graph import NirGraph, NirNode
from neuro.exchange.nir_package import of_nir, to_nir
from neuro.exchange.to_graph import to_graph

__all__ = ["NirGraph", "NirNode", "from_graph", "of_nir", "read_nir", "to_graph", "to_nir", "write_nir"]
