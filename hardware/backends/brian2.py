"""The exact simulation in Brian2, which always starts from the initial state."""

from __future__ import annotations

from quantal.hardware.backends.backend import RESUME, FunctionBackend

BRIAN2 = FunctionBackend(
    "brian2",
    "quantal.neuro.brian.exact:run",
    package="brian2",
    limits={RESUME: "messages in transit in the queues of its synapses can't be set"},
)
