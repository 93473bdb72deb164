"""NIR, the exchange format of spiking networks: read and write files, and convert to and from a `Graph`."""

from __future__ import annotations

from quantal.neuro.errors import optional_packages

with optional_packages():
    from quantal.neuro.nir.file.hdf5 import read_nir, write_nir
    from quantal.neuro.nir.nir_graph import NirGraph, NirNode
    from quantal.neuro.nir.package import from_nir, to_nir
    from quantal.neuro.nir.read.to_graph import to_graph
    from quantal.neuro.nir.write.from_graph import from_graph

__all__ = ["NirGraph", "NirNode", "from_graph", "from_nir", "read_nir", "to_graph", "to_nir", "write_nir"]
