"""The exact twin in Brian2; it starts from the initial state only."""

from __future__ import annotations

from quantal.hardware.backends.backend import RESUME, FunctionBackend

BRIAN2 = FunctionBackend(
    "brian2",
    "quantal.neuro.brian.exact:run",
    package="brian2",
    limits={RESUME: "messages that are under way in the queues of its synapses can't be set"},
)
