"""The exact twin of a `CountNetwork` in Brian2: whole numbers throughout, equal to the reference at every step.

`run` gives a trace. `build` gives the Brian2 network itself, to look at, to plot and to extend.
"""

from __future__ import annotations

from quantal.neuro.brian.exact.twin import Twin, build, run

__all__ = ["Twin", "build", "run"]
