"""A `Graph` written as NIR comes back as the same network, or is refused by name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import Input, Readout
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.neurons import (
    FloatAccumulator,
    FloatCuba,
    FloatGraded,
    FloatMemoryless,
    FloatPoissonCount,
    FloatSilent,
    FloatSpike,
)
from quantal.neuro.nir import from_graph, from_nir, read_nir, to_graph, write_nir
from quantal.neuro.protocols import FloatEmission, FloatIntegration
from quantal.neuro.simulate.floats import simulate_states

from support import nir_graphs

DT = 0.001
PRIMITIVES = nir_graphs.every_primitive()


def lines(work: Callable[[], object]) -> list[str]:
    with pytest.raises(QuantalError) as caught:
        work()
    return [line.strip() for line in str(caught.value).splitlines()]


def cuba(decay_u: float = 1.0, decay_v: float = 0.1, bias: float = 0.02, size: int = 3) -> FloatCuba:
    return FloatCuba(*(np.full(size, value) for value in (bias, decay_u, decay_v)), -40.0, 50.0)


def network(
    integration: FloatIntegration, emission: FloatEmission | None = None, weight: object = None, **changed: object
) -> Graph:
    """A population with a loop, an input and a read-out."""
    rng = np.random.default_rng(0)
    population = FloatPopulation("cells", 3, integration, emission or FloatSpike(np.array([0.5, 0.6, 0.7])), **changed)
    silent = isinstance(emission, FloatSilent)
    loop = FloatProjection("loop", "cells", "cells", rng.normal(size=(3, 3)) if weight is None else weight, 3)
    inputs = (Input("drive", "cells", rng.normal(size=(3, 4))),)
    readouts = () if silent else (Readout("sum", "cells", rng.normal(size=(2, 3))),)
    return Graph("net", (population,), () if silent else (loop,), inputs, readouts, sample_shape=(2, 2))


def run(graph: Graph, steps: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """Messages and v of the first population."""
    samples = np.random.default_rng(2).normal(0.3, 1.0, (steps, 2, graph.inputs[0].gain.shape[-1]))
    name = graph.populations[0].name
    trace = simulate_states(graph, samples, steps, [name])
    return trace.messages[name], trace.states[name]["v"]


def same_numbers(one: object, other: object) -> bool:
    return np.allclose(np.asarray(one, np.float64), np.asarray(other, np.float64), rtol=1e-12, atol=1e-15)


def assert_same(one: Graph, other: Graph) -> None:
    assert [p.name for p in one.populations] == [p.name for p in other.populations]
    for mine, theirs in zip(one.populations, other.populations, strict=True):
        assert type(mine.emission) is type(theirs.emission)
        assert (mine.integration.lowest, mine.integration.highest) == (
            theirs.integration.lowest,
            theirs.integration.highest,
        )
        for key in ("bias", "decay_u", "decay_v"):
            assert same_numbers(getattr(mine.integration, key), getattr(theirs.integration, key))
        for key in {*mine.initial, *theirs.initial}:
            assert same_numbers(mine.initial[key], theirs.initial[key])
    by_ends = [{(p.source, p.target, p.delay_steps): p.weight for p in graph.projections} for graph in (one, other)]
    assert by_ends[0].keys() == by_ends[1].keys()
    for key, weight in by_ends[0].items():
        assert same_numbers(weight.to_dense(), by_ends[1][key].to_dense())
    assert same_numbers(one.inputs[0].gain.to_dense(), other.inputs[0].gain.to_dense())


WRITABLE = {
    "LIF": network(cuba()),
    "CubaLIF": network(cuba(decay_u=0.3)),
    "IF": network(cuba(decay_v=0.0)),
    "LIF that starts elsewhere": network(cuba(), initial={"v": np.array([0.3, -0.2, 0.0])}),
    "CubaLIF that starts elsewhere": network(
        cuba(decay_u=0.3), initial={"u": np.array([0.3, -0.2, 0.1]), "v": np.array([0.1, 0.0, 0.2])}
    ),
    "CubaLI": network(cuba(decay_u=0.5, bias=0.0), FloatGraded(), weight=np.full((3, 3), -0.01)),
    "LI that is read": network(cuba(), FloatSilent()),
    "sparse weights": network(cuba(), weight=csr_array(np.diag([1.0, 2.0, 3.0]))),
}


@pytest.mark.parametrize("name", WRITABLE)
def test_what_nir_can_express_comes_back_through_a_file(name: str, tmp_path: Path):
    graph = WRITABLE[name]
    write_nir(from_graph(graph, DT), tmp_path / "net.nir")
    again = to_graph(read_nir(tmp_path / "net.nir"), DT)
    if name != "LI that is read":
        assert_same(graph, again)
    assert again.sample_shape == (2, 2)
    messages, v = run(graph)
    messages_again, v_again = run(again)
    np.testing.assert_allclose(v_again, v, atol=1e-9)
    np.testing.assert_allclose(messages_again, messages, atol=1e-9)
    assert v.any()


@pytest.mark.parametrize("decay", [0.0, 0.25])
@pytest.mark.parametrize("emission", [FloatGraded(), FloatSilent()])
def test_an_accumulator_is_an_integrator_with_or_without_leak(decay: float, emission: FloatEmission):
    graph = network(FloatAccumulator(np.full(3, 0.1), -40.0, 40.0, decay), emission, weight=0.1 * np.eye(3))
    (kind,) = {node.kind for node in from_graph(graph, DT).nodes.values() if node.kind in ("I", "LI")}
    assert kind == ("LI" if decay else "I")
    np.testing.assert_allclose(run(to_graph(from_graph(graph, DT), DT))[1], run(graph)[1], atol=1e-9)


@pytest.mark.parametrize("name", [name for name in PRIMITIVES if name not in ("NIRGraph",)])
def test_what_came_from_nir_can_be_written_as_nir(name: str):
    graph = to_graph(from_nir(PRIMITIVES[name]), DT)
    again = to_graph(from_graph(graph, DT), DT)
    samples = np.random.default_rng(1).normal(1.5, 2.0, (40, 1, graph.inputs[0].gain.shape[-1]))
    names = [p.name for p in graph.populations]
    one, other = (simulate_states(net, samples, 40, names) for net in (graph, again))
    for population in names:
        np.testing.assert_array_equal(one.messages[population], other.messages[population])
        np.testing.assert_allclose(one.states[population]["v"], other.states[population]["v"], atol=1e-9)


def test_the_nodes_have_the_names_of_the_graph():
    written = from_graph(WRITABLE["LIF"], DT)
    assert {name: node.kind for name, node in written.nodes.items()} == {
        "cells": "LIF",
        "input": "Input",
        "input flatten": "Flatten",
        "drive": "Affine",
        "loop": "Linear",
        "loop delay": "Delay",
        "sum": "Output",
        "sum weight": "Linear",
    }
    np.testing.assert_allclose(written.nodes["loop delay"].parameters["delay"], 0.002)
    np.testing.assert_allclose(written.nodes["cells"].parameters["tau"], 0.01)


BEYOND_NIR = {
    "refractory_steps": (
        network(cuba(), FloatSpike(np.ones(3), refractory_steps=4)),
        "that units are refractory for 4 steps",
    ),
    "reset": (network(cuba(), FloatSpike(np.ones(3), reset="subtract")), "that the reset is by 'subtract'"),
    "dead_zone": (network(cuba(), FloatGraded(0.5), weight=0.01 * np.eye(3)), "the dead zone of 0.5"),
    "start": (
        network(cuba(), FloatSilent(), initial={"v": np.ones(3)}),
        "that v starts elsewhere than at 0",
    ),
    "start of a refractory time": (
        network(cuba(), initial={"refractory_left": np.ones(3)}),
        "that refractory_left starts elsewhere than at 0",
    ),
    "start of an accumulator": (
        network(FloatAccumulator(np.zeros(3), -9.0, 9.0, 0.1), FloatSilent(), initial={"v": np.ones(3)}),
        "that v starts elsewhere than at 0",
    ),
}


@pytest.mark.parametrize("name", BEYOND_NIR)
def test_what_nir_cannot_express_is_refused_by_name(name: str):
    graph, lost = BEYOND_NIR[name]
    key = name.split()[0]
    assert lines(lambda: from_graph(graph, DT)) == [
        f"population cells: NIR can't express {lost}",
        f"other tools would run a different network; in_metadata=('{key}',) notes it in metadata that only Quantal "
        "reads",
    ]


@pytest.mark.parametrize("name", BEYOND_NIR)
def test_what_nir_cannot_express_comes_back_if_it_was_asked_for(name: str, tmp_path: Path):
    graph, _ = BEYOND_NIR[name]
    write_nir(from_graph(graph, DT, in_metadata=(name.split()[0],)), tmp_path / "net.nir")
    again = to_graph(read_nir(tmp_path / "net.nir"), DT)
    (one,), (other,) = graph.populations, again.populations
    assert vars(one.emission).keys() == vars(other.emission).keys()
    for key, value in vars(one.emission).items():
        np.testing.assert_array_equal(value, getattr(other.emission, key))
    messages, v = run(graph)
    messages_again, v_again = run(again)
    np.testing.assert_allclose(messages_again, messages, atol=1e-12)
    np.testing.assert_allclose(v_again, v, atol=1e-12)
    plain = replace(one, emission=FloatSpike(np.ones(3)) if name != "dead_zone" else FloatGraded(), initial={})
    if not isinstance(one.emission, FloatSilent):
        assert (run(replace(graph, populations=(plain,)))[0] != messages).any()


def test_only_what_is_known_can_be_noted():
    assert lines(lambda: from_graph(WRITABLE["LIF"], DT, in_metadata=("colour",))) == [
        "in_metadata: nothing that can be noted",
        "expected reset, refractory_steps, dead_zone, start, got colour",
    ]


def test_a_note_that_no_unit_can_have_is_refused():
    written = from_graph(BEYOND_NIR["reset"][0], DT, in_metadata=("reset",))
    wrong = replace(written.nodes["cells"], metadata={**written.nodes["cells"].metadata, "quantal_reset": "soft"})
    edited = replace(written, nodes={**written.nodes, "cells": wrong})
    assert "reset is 'soft', expected one of ['zero', 'subtract']" in lines(lambda: to_graph(edited, DT))[0]


def test_scales_are_noted_because_they_change_no_other_tool(tmp_path: Path):
    graph = network(cuba(), state_scale=0.125, message_scale=1.0)
    write_nir(from_graph(graph, DT), tmp_path / "net.nir")
    (again,) = to_graph(read_nir(tmp_path / "net.nir"), DT).populations
    assert (again.state_scale, again.message_scale) == (0.125, 1.0)
    accumulator = network(FloatAccumulator(np.zeros(3), -9.0, 9.0), FloatGraded(), state_scale=0.1)
    assert lines(lambda: from_graph(accumulator, DT)) == [
        "population cells: NIR can't express what 1 in the integer state of an accumulator stands for"
    ]


@pytest.mark.parametrize(
    "integration", [FloatMemoryless(np.zeros(3), -1.0, 1.0), FloatAccumulator(np.zeros(3), -1.0, 1.0)]
)
def test_units_that_nir_does_not_have_are_refused(integration: FloatIntegration):
    first, second = lines(lambda: from_graph(network(integration, FloatPoissonCount(255)), DT))
    assert first == "population cells: NIR has no such neuron"
    assert second.endswith(f"got {type(integration).__name__} + FloatPoissonCount")


def test_a_current_without_leak_is_refused():
    assert lines(lambda: from_graph(network(cuba(decay_u=0.5, decay_v=0.0)), DT)) == [
        "population cells: NIR has no leaky neuron without decay_v",
        "expected decay_v above 0, got 0 in unit 0",
    ]


def test_reading_from_silent_units_is_refused():
    graph = network(cuba(), FloatSilent())
    loop = FloatProjection("loop", "cells", "cells", np.eye(3))
    assert lines(lambda: from_graph(replace(graph, projections=(loop,)), DT)) == [
        "loop: starts at units that send nothing, which NIR can't express",
        "got source cells",
    ]


def test_a_constant_input_needs_something_that_arrives():
    graph = replace(WRITABLE["IF"], projections=(), inputs=())
    assert lines(lambda: from_graph(graph, DT)) == [
        "population cells: NIR can give these units a constant input only beside another input",
        "expected a projection or an input that ends here, got none",
    ]


def test_a_matrix_too_large_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys.modules["quantal.neuro.nir.write.builder"], "ENTRIES_MAX", 8)
    first, *_ = lines(lambda: from_graph(WRITABLE["LIF"], DT))
    assert first == "drive: a matrix too large for NIR, which has no sparse ones"


def test_a_time_step_is_asked_for():
    assert lines(lambda: from_graph(WRITABLE["LIF"]))[0] == "time step dt: a NIR graph does not state its time step"
