"""Lava: any `CountNetwork` in fixed point on the CPU simulator of Lava 0.10, equal to `neuro.simulate.reference`.

Lava itself is imported only in the worker process that runs it, so importing this package is cheap.
"""

from __future__ import annotations

from quantal.hardware.lava.host import run, run_fused, run_process

__all__ = ["run", "run_fused", "run_process"]
