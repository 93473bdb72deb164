"""Quantal: free-energy models as integer spike-count networks, equal on every backend.

The front door. `front_door.pyi` lists every public name; each is loaded when it is first used, so importing this costs
nothing::

    import quantal

    network, report = quantal.compile_graph(quantal.lateral_competition(model), quantal.Options(weight_bits=8))
    trace = quantal.run(network, quantal.encode(network, samples), steps=500)
"""

from __future__ import annotations

from typing import Any

import lazy_loader

from quantal.neuro.errors import optional_packages

load, names, __all__ = lazy_loader.attach_stub(__name__, __file__)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    with optional_packages():
        return load(name)


def __dir__() -> list[str]:
    return names()
