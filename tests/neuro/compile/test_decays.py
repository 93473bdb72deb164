"""Decays that the integers can't hold, and time constants that a wrong time step makes meaningless, are noted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quantal.neuro.compile import Options, Report, compile_graph
from quantal.neuro.compile.importing.time_constants import NOTES, memory_notes
from quantal.neuro.network.graph import FloatPopulation, Graph
from quantal.neuro.neurons import FloatAccumulator, FloatCuba, FloatSilent
from quantal.neuro.protocols import FloatIntegration


def notes(integration: FloatIntegration, subject: str = "p") -> list[str]:
    graph = Graph("g", (FloatPopulation("p", 2, integration, FloatSilent()),))
    return texts(compile_graph(graph, Options())[1], subject)


def texts(report: Report, subject: str) -> list[str]:
    return [note.text for note in report.notes if note.pass_name == "lower" and note.subject == subject]


def cuba(decay_u: float = 1.0, decay_v: float = 0.5) -> FloatCuba:
    return FloatCuba(np.zeros(2), np.array([1.0, decay_u]), np.array([0.5, decay_v]), -1.0, 1.0)


def test_a_current_without_leak_gets_one_from_the_chip():
    assert notes(cuba(decay_u=0.0))[1:] == [
        "decay_u of unit 1 is 0 in the graph and 1/4096 (0.0002441) in the network; 1 of 2 differ by more than 5%"
    ]


@pytest.mark.parametrize(
    ("integration", "text"),
    [
        (cuba(decay_v=1e-4), "decay_v of unit 1 is 0.0001 in the graph and 0/4096 (0) in the network"),
        (cuba(decay_v=0.99999), "decay_v of unit 1 is 1 in the graph and 4096/4096 (1) in the network"),
        (cuba(decay_u=3.6e-4), "decay_u of unit 1 is 0.00036 in the graph and 1/4096 (0.0002441) in the network"),
        (FloatAccumulator(np.zeros(2), -1.0, 1.0, 1e-5), "decay of unit 0 is 1e-05 in the graph and 0/4096 (0)"),
    ],
)
def test_a_time_constant_that_changes_is_noted(integration: FloatIntegration, text: str):
    (note,) = notes(integration)[1:]
    assert note.startswith(text)


@pytest.mark.parametrize("integration", [cuba(), cuba(0.01, 0.0), FloatAccumulator(np.zeros(2), -1.0, 1.0, 0.1)])
def test_a_decay_that_fits_is_not_noted(integration: FloatIntegration):
    assert notes(integration)[1:] == []


def test_notes_of_an_import_are_among_those_of_the_compilation():
    graph = Graph("g", (FloatPopulation("p", 2, cuba(), FloatSilent()),))
    assert texts(compile_graph(replace(graph, provenance={NOTES: "one\nother"}))[1], "g") == ["one", "other"]


def test_a_time_constant_of_one_step_or_of_too_many_is_noted():
    share = np.array([1.0, 1 / (1 + 5e-7), 0.999, 1 / 8192, 1 / 8193])
    short, long = memory_notes("tau", share)
    assert short.startswith("tau of 2 of 5 units is one time step, so nothing of the state is left after a step: is")
    assert long.startswith("tau of 1 of 5 units is more than 8192 time steps, so the state practically never leaks: is")
    assert [*memory_notes("tau", share[2:4])] == []
