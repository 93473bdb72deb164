"""The reference simulator, which defines what a network means; it refuses nothing."""

from __future__ import annotations

from quantal.hardware.backends.backend import FunctionBackend

REFERENCE = FunctionBackend("reference", "quantal.neuro.simulate.reference:run")
