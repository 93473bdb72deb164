"""The exact twin of a `CountNetwork` in Brian2: integers throughout, equal to the reference at every step.

`run` returns a trace. `build` returns the Brian2 network itself, to inspect, plot and extend.
"""

from __future__ import annotations

from quantal.neuro.brian.exact.twin import Twin, build, run

__all__ = ["Twin", "build", "run"]
