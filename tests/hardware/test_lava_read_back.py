"""A trace is read back in one go; Lava's own monitor takes about 50 s for a thousand units and steps."""

from __future__ import annotations

import time

import numpy as np
import pytest

from quantal.hardware.lava import host, run_process
from quantal.neuro.network.count_network import CountNetwork, Population
from quantal.neuro.neurons import Accumulator, Silent

SIZE = STEPS = 1000


def test_a_million_states_are_read_back_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    read_back_s: list[float] = []

    def timed(request: host.RunRequest, files: host.RunFiles) -> host.Trace:
        start = time.monotonic()
        trace = trace_of(request, files)
        read_back_s.append(time.monotonic() - start)
        return trace

    trace_of = host.trace_of
    monkeypatch.setattr(host, "trace_of", timed)
    counters = Population("counter", SIZE, Accumulator(np.arange(SIZE)), Silent())
    start = time.monotonic()
    trace = run_process(CountNetwork("counter", (counters,)), {"counter": np.zeros((1, SIZE), np.int64)}, STEPS)
    total_s = time.monotonic() - start
    expected = np.outer(np.arange(1, STEPS + 1), np.arange(SIZE))[:, np.newaxis]
    np.testing.assert_array_equal(trace.states["counter"]["v"], expected)
    assert read_back_s[0] < 1
    assert total_s < 20
