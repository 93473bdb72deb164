"""What does not fit into memory is refused before it is allocated."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from quantal.neuro import engine
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.trace import Recording
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.memory import require_memory, require_trace_memory
from quantal.neuro.simulate.random_drive import random_drive

from support.networks import everything_network

STEPS = 10**9


@pytest.mark.parametrize("run", [reference.run, engine.run])
def test_a_trace_larger_than_memory_is_refused_at_once(run: Callable):
    with pytest.raises(QuantalError) as caught:
        run(everything_network(), {"latent": np.zeros((1, 5), np.int64)}, STEPS)
    first, second, third = str(caught.value).splitlines()
    assert first.endswith(f"the trace of {STEPS} steps and 1 samples does not fit into memory")
    assert second.startswith("  expected at most ")
    assert "record fewer populations or states" in third


def test_a_drive_larger_than_memory_is_refused_at_once():
    with pytest.raises(QuantalError, match=f"a drive of {STEPS} samples does not fit into memory"):
        random_drive(everything_network(), STEPS)


def test_only_what_is_recorded_counts(monkeypatch: pytest.MonkeyPatch):
    network = everything_network()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=0))
    require_trace_memory(network, Recording((), ()), STEPS, 1)
    size = network.populations[0].size
    name, steps = network.populations[0].name, 2**26 // size
    require_trace_memory(network, Recording((name,), ()), steps, 1)
    with pytest.raises(QuantalError, match=r"expected at most 0.0 GB, got 0.3 GB"):
        require_trace_memory(network, Recording((name,), ()), steps + 1, 1)
    with pytest.raises(QuantalError):
        require_trace_memory(network, Recording((), (name,)), steps + 1, 1)


def test_what_is_free_may_be_asked_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=2**30))
    require_memory(2**30, "it", "here", "")
    with pytest.raises(QuantalError, match="here: it does not fit into memory"):
        require_memory(2**30 + 1, "it", "here", "")
