"""Every state and every message of the Brian2 twin is that of the reference, compiled and in NumPy."""

from __future__ import annotations

import warnings

import brian2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from quantal.neuro.brian import exact
from quantal.neuro.compare.traces import compare
from quantal.neuro.network.trace import Recording, Trace
from quantal.neuro.simulate import reference

from support.networks import Case, everything_drive, everything_network, random_networks


def compiles() -> bool:
    level = brian2.BrianLogger.console_handler.level
    brian2.BrianLogger.log_level_error()
    try:
        return brian2.codegen.runtime.CythonCodeObject.is_available()
    finally:
        brian2.BrianLogger.console_handler.setLevel(level)


@pytest.fixture(scope="module", params=["cython", "numpy"])
def target(request):
    """Brian2 works in this target for a while, and a fall back to another is an error."""
    if request.param == "cython" and not compiles():
        pytest.skip("no C++ compiler")
    before = brian2.prefs.codegen.target
    brian2.prefs.codegen.target = request.param
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="no C")
        yield request.param
    brian2.prefs.codegen.target = before


def assert_equal(case: Case) -> Trace:
    expected, got = (
        reference.run(*case[:3], first_sample=case[3]),
        exact.run(*case[:3], first_sample=case[3]),
    )
    differences = [a.difference for a in compare(case.network, case.drive, expected, got) if not a.equal]
    assert not differences
    for name, messages in expected.end.sent.items():
        np.testing.assert_array_equal(got.end.sent[name], messages)
        for state, value in expected.end.states[name].items():
            np.testing.assert_array_equal(got.end.states[name][state], value)
    assert got.end.step == expected.end.step
    return got


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("first_sample", [0, 2**33])
def test_everything(target, batch, first_sample):
    trace = assert_equal(Case(everything_network(), everything_drive(batch, 40), 40, first_sample))
    assert trace.backend == "brian2"
    assert trace.first_sample == first_sample


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(case=random_networks())
def test_random_networks(target, case: Case):
    assert_equal(case)


def test_a_trace_keeps_what_its_recording_names(target):
    network, drive = everything_network(), everything_drive(2, 10)
    recording = Recording(messages=("latent",), states=("error", "readout"))
    trace = exact.run(network, drive, 10, recording)
    expected = reference.run(network, drive, 10, recording)
    assert set(trace.messages) == {"latent"}
    assert set(trace.states) == {"error", "readout"}
    np.testing.assert_array_equal(trace.states["readout"]["v"], expected.states["readout"]["v"])
