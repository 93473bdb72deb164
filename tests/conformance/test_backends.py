"""Every backend gives the integers of the reference for every case, or refuses it for the reason expected here."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from quantal.hardware.backends import BACKENDS, backend, backend_names, is_missing, register_backend, resumable
from quantal.hardware.backends.backend import END_SNAPSHOT, Backend
from quantal.hardware.backends.support import support_rows
from quantal.neuro.arithmetic import STATE_MAX
from quantal.neuro.brian.host import brian2
from quantal.neuro.errors import QuantalError, Refusal
from quantal.neuro.network.trace import Trace
from quantal.neuro.neurons import EMISSIONS, INTEGRATIONS
from quantal.neuro.simulate import reference
from quantal.neuro.synapses import WEIGHTS

from support.cases import cases, more_cases
from support.networks import Case, random_networks
from support.traces import assert_same, assert_same_record

EXAMPLES = {"engine": 200, "brian2": 20, "brian2 in NumPy": 10, "lava": 2, "lava-fused": 2}
"""How many random networks each backend has time for; Brian2 is tested with and without a compiler."""
CASES, MORE_CASES = cases(), more_cases()
NO_RESUME = {
    "brian2": "messages in transit in the queues of its synapses can't be set",
    "lava": "its processes start from the initial state, with no messages in transit",
    "lava-fused": "its processes start from the initial state, with no messages in transit",
}
NO_END = "messages in transit between its processes can't be read"
every_backend = pytest.mark.parametrize("name", EXAMPLES)


@contextmanager
def ready(name: str) -> Iterator[Backend]:
    """A backend. Brian2 runs on the target that is named, and falling back to the other is an error."""
    before = brian2.prefs.codegen.target
    brian2.prefs.codegen.target = "numpy" if name.endswith("NumPy") else "cython"
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message="no working C")
            yield backend(name.split()[0])
    finally:
        brian2.prefs.codegen.target = before


def assert_equal(name: str, case: Case) -> Trace:
    """Check that the backend refuses nothing and gives the trace of the reference."""
    with ready(name) as chosen:
        assert chosen.refusals(case.network, case.drive, case.start) == ()
        got, expected = chosen.run(**case._asdict()), reference.run(**case._asdict())
    assert got.backend == chosen.name
    if END_SNAPSHOT in chosen.limits:
        assert got.end is None
        assert (got.network, got.first_step, got.first_sample) == (expected.network, 0, case.first_sample)
        assert_same_record(got, expected)
    else:
        assert_same(got, expected)
    return got


def test_every_backend_is_tested():
    assert {name.split()[0] for name in EXAMPLES} == {*BACKENDS} - {"reference"}


@pytest.mark.parametrize("case", CASES)
@every_backend
def test_cases(name: str, case: str):
    assert_equal(name, CASES[case])


@pytest.mark.parametrize("case", MORE_CASES)
def test_more_cases_of_the_engine(case: str):
    assert_equal("engine", MORE_CASES[case])


@every_backend
def test_random_networks(name: str):
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]

    @settings(max_examples=EXAMPLES[name], deadline=None, suppress_health_check=quiet)
    @given(random_networks())
    def equal(case: Case):
        assert_equal(name, case)

    equal()


def test_extreme_cases_reach_the_limits_of_the_state():
    trace = reference.run(**CASES["extremes, one sample"]._asdict())
    reached = max(int(np.abs(state["v"]).max()) for name, state in trace.states.items() if name.startswith("target"))
    assert reached > 0.9 * STATE_MAX


@pytest.mark.parametrize("name", NO_RESUME)
def test_a_backend_that_cannot_resume_says_why_before_anything_runs(name: str):
    case = MORE_CASES["resumed at 7"]
    text = f"backend {name}: it can't resume from a snapshot\n  got {NO_RESUME[name]}"
    assert [str(refusal) for refusal in backend(name).refusals(case.network, case.drive, case.start)] == [text]
    with pytest.raises(Refusal) as caught:
        backend(name).run(**case._asdict())
    assert str(caught.value) == text


def test_the_others_resume():
    assert resumable() == [name for name in BACKENDS if name not in NO_RESUME] == ["reference", "engine"]


class Foreign:
    """A kind that is not registered and has no kernel."""


@pytest.mark.parametrize("name", BACKENDS)
def test_only_the_engine_refuses_a_kind_without_a_kernel(name: str):
    refusal = backend(name).refusal_of_kind(Foreign, "population p")
    assert (refusal and refusal.text().splitlines()[0]) == (
        "population p: the engine has no kernel for Foreign" if name == "engine" else None
    )


@pytest.mark.parametrize("name", ["lava", "lava-fused"])
def test_lava_refuses_a_kind_of_the_running_script(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Foreign, "__module__", "__main__")
    refusal = backend(name).refusal_of_kind(Foreign, "population p")
    assert refusal is not None
    assert str(refusal) == (
        "population p: Foreign is defined in the running script, which the separate process of Lava can't import\n"
        "  expected a class that can be imported\n  move it to a module beside the script"
    )


def test_the_support_table_gives_the_reason_of_every_refusal():
    rows = {row.name: row for row in support_rows()}
    assert {*rows} >= {*INTEGRATIONS, *EMISSIONS, *WEIGHTS}
    assert all([*row.reasons] == [*BACKENDS] for row in rows.values())
    refused = {name: {each: text for each, text in row.reasons.items() if text} for name, row in rows.items()}
    assert {name: reasons for name, reasons in refused.items() if reasons} == {
        "resuming from a snapshot": NO_RESUME,
        END_SNAPSHOT: dict.fromkeys(["lava", "lava-fused"], NO_END),
    }


def test_an_unknown_backend_gets_the_nearest_name():
    with pytest.raises(
        QuantalError, match=r"^no such backend\n  expected one of reference, .*\n  did you mean engine\?$"
    ):
        backend("engin")
    with pytest.raises(QuantalError, match="no such backend"):
        backend_names("engine,nest")


def test_another_package_adds_a_backend_in_one_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(BACKENDS, "_entries", {**BACKENDS._entries})
    place: Any = "quantal.hardware.backends.reference:REFERENCE"
    register_backend("slow", place)
    assert backend("slow") is backend("reference")
    assert not is_missing("slow")
