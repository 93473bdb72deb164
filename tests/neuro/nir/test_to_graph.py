"""A NIR graph as a `Graph`, against its equations node by node and against the tools that wrote it."""

from __future__ import annotations

import nir
import numpy as np
import pytest

from quantal.neuro.network.graph import FloatPopulation, Graph
from quantal.neuro.neurons import FloatCuba, FloatGraded, FloatSilent, FloatSpike
from quantal.neuro.nir import from_nir, read_nir, to_graph
from quantal.neuro.simulate.floats import simulate_states
from quantal.neuro.synapses import FloatConvolution, FloatDense

from support import nir_graphs, plain_nir

DT = 0.001
STEPS = 60
PRIMITIVES = {name: graph for name, graph in nir_graphs.every_primitive().items() if name != "NIRGraph"}


def sent_by(graph: Graph, samples: np.ndarray) -> dict[str, np.ndarray]:
    """Messages of every population, or v of those that send none, `(steps, units)`."""
    silent = [p.name for p in graph.populations if isinstance(p.emission, FloatSilent)]
    trace = simulate_states(graph, samples[:, None], len(samples), silent)
    states = {name: trace.states[name]["v"][:, 0] for name in silent}
    return {name: value[:, 0] for name, value in trace.messages.items()} | states


def strong_input(graph: nir.NIRGraph) -> np.ndarray:
    """Input that makes units spike, with values of both signs."""
    shape = graph.nodes["input"].input_type["input"]
    return np.random.default_rng(1).normal(1.5, 2.0, (STEPS, *shape))


@pytest.mark.parametrize("name", PRIMITIVES)
def test_every_primitive_does_what_its_equation_says(name: str):
    theirs = PRIMITIVES[name]
    samples = strong_input(theirs)
    ours = sent_by(to_graph(from_nir(theirs), DT, input_bound=20), samples.reshape(STEPS, -1))
    expected = plain_nir.run(theirs, samples, DT)
    assert ours.keys() == expected.keys()
    for node, value in expected.items():
        np.testing.assert_allclose(ours[node], value.reshape(STEPS, -1), atol=1e-9)
    assert any(value.any() for value in expected.values())


@pytest.mark.parametrize("between", [None, nir.Delay(np.full(3, 0.004)), nir.Affine(-np.eye(3), np.full(3, 0.5))])
def test_a_recurrent_graph_does_what_its_equations_say(between: nir.NIRNode | None):
    theirs = nir_graphs.recurrent(between)
    samples = strong_input(theirs)
    ours = sent_by(to_graph(from_nir(theirs), DT, input_bound=20), samples)
    expected = plain_nir.run(theirs, samples, DT)["lif"]
    np.testing.assert_array_equal(ours["lif"], expected)
    assert 0 < expected.mean() < 1


def test_a_bias_through_a_synaptic_current_settles_as_the_equation_says():
    cuba = nir.CubaLI(*[np.full(3, value) for value in (0.02, 0.01, 2.0, 0.3)], w_in=np.full(3, 1.5))
    theirs = nir_graphs.chain(nir.Affine(np.eye(3), np.array([1.0, -2.0, 0.5])), cuba)
    samples = strong_input(theirs)
    ours = sent_by(to_graph(from_nir(theirs), DT, input_bound=20), samples)
    np.testing.assert_allclose(ours["n1"], plain_nir.run(theirs, samples, DT)["n1"], atol=1e-12)


def test_an_inner_graph_is_replaced_by_its_nodes():
    inner = to_graph(from_nir(nir_graphs.every_primitive()["NIRGraph"]), DT)
    assert [p.name for p in inner.populations] == ["n0.n1", "n1"]
    assert [(p.source, p.target) for p in inner.projections] == [("n0.n1", "n1")]
    assert [entry.target for entry in inner.inputs] == ["n0.n1"]


def test_the_numbers_of_a_lif():
    graph = to_graph(from_nir(nir_graphs.chain(nir_graphs.lif(3, tau=0.004, r=2.0, v_leak=0.5, v_reset=-1.0))), DT)
    (population,) = graph.populations
    assert isinstance(population.integration, FloatCuba)
    assert isinstance(population.emission, FloatSpike)
    np.testing.assert_allclose(population.integration.decay_u, 1)
    np.testing.assert_allclose(population.integration.decay_v, 0.25)
    np.testing.assert_allclose(population.integration.bias, 0.25 * 1.5)
    np.testing.assert_allclose(population.emission.threshold, 2)
    np.testing.assert_allclose(population.initial["v"], 1)
    np.testing.assert_array_equal(graph.inputs[0].gain.weight, np.full(3, 0.5))
    assert graph.readouts[0].weight.tolist() == np.eye(3).tolist()
    assert graph.provenance["dt_s"] == "0.001"


def test_delays_are_added_to_the_step_that_every_projection_takes():
    graph = to_graph(from_nir(PRIMITIVES["Delay"]), DT)
    assert {p.delay_steps: np.flatnonzero(p.weight.to_dense().sum(axis=0)).tolist() for p in graph.projections} == {
        2: [0],
        3: [1],
        1: [2],
    }


def test_paths_with_the_same_delay_add_up():
    """Two paths from one neuron to another, whose delays differ unit by unit."""
    theirs = nir_graphs.chain(nir_graphs.lif(3), nir.Delay(np.array([0.001, 0.002, 0.0])), nir_graphs.lif(3, r=5.0))
    theirs.nodes |= {"more": nir.Delay(np.full(3, 0.001)), "last": nir.Delay(np.array([0.001, 0.0, 0.001]))}
    theirs.edges += [("n1", "last"), ("n0", "more"), ("more", "last"), ("last", "n2")]
    samples = strong_input(theirs)
    ours = sent_by(to_graph(from_nir(theirs), DT, input_bound=20), samples)
    expected = plain_nir.run(theirs, samples, DT)
    np.testing.assert_array_equal(ours["n2"], expected["n2"])
    assert 0 < expected["n2"].mean() < 1


def test_a_path_has_the_name_of_the_last_linear_node_unless_others_share_it():
    first, second, third = nir_graphs.lif(3), nir.Scale(np.ones(3)), nir.Linear(np.eye(3))
    theirs = nir_graphs.chain(first, second, third, nir_graphs.lif(3))
    assert [p.name for p in to_graph(from_nir(theirs), DT).projections] == ["n2"]
    theirs.nodes["n4"] = nir_graphs.lif(3)
    theirs.edges += [("n2", "n4"), ("n4", "output")]
    theirs.edges.remove(("n3", "output"))
    theirs.nodes["out"] = nir.Output(np.array([3]))
    theirs.edges.append(("n3", "out"))
    assert [p.name for p in to_graph(from_nir(theirs), DT).projections] == ["n0 to n3", "n0 to n4"]


def test_a_path_with_two_last_linear_nodes_names_both_ends():
    theirs = nir_graphs.chain(nir_graphs.lif(3), nir.Linear(np.eye(3)), nir_graphs.lif(3, r=10.0))
    theirs.nodes["beside"] = nir.Linear(np.ones((3, 3)))
    theirs.edges += [("n0", "beside"), ("beside", "n2")]
    (projection,) = to_graph(from_nir(theirs), DT).projections
    assert projection.name == "n0 to n2"
    np.testing.assert_array_equal(projection.weight.to_dense(), np.eye(3) + 1)


def emission_of(graph: Graph, name: str) -> type:
    population: FloatPopulation = graph.population(name)
    return type(population.emission)


def test_a_neuron_without_threshold_is_silent_only_if_its_state_is_read():
    assert emission_of(to_graph(from_nir(PRIMITIVES["LI"]), DT), "n2") is FloatSilent
    read_by_weights = nir_graphs.chain(nir.I(np.ones(3)), nir.Linear(np.ones((2, 3))), out=2)
    graph = to_graph(from_nir(read_by_weights), DT)
    assert emission_of(graph, "n0") is FloatGraded
    assert graph.readouts[0].weight.tolist() == np.ones((2, 3)).tolist()


def test_states_stay_in_their_range():
    for name in ("LIF", "CubaLIF", "CubaLI", "I", "IF"):
        graph = to_graph(from_nir(PRIMITIVES[name]), DT, input_bound=1)
        trace = simulate_states(graph, np.ones((1, 3)), 1000, [p.name for p in graph.populations])
        for population in graph.populations:
            size = max(np.abs(v).max() for v in trace.states[population.name].values())
            assert size < population.integration.highest


def test_several_inputs_share_a_sample_in_the_order_of_their_names():
    nodes = {"b": nir.Input(np.array([2])), "a": nir.Input(np.array([3])), "out": nir.Output(np.array([2]))}
    nodes |= {"w": nir.Linear(np.ones((2, 3))), "x": nir.Threshold(np.ones(2)), "y": nir.Threshold(np.ones(2))}
    edges = [("a", "w"), ("w", "x"), ("b", "x"), ("b", "y"), ("y", "out")]
    graph = to_graph(from_nir(nir.NIRGraph(nodes, edges, type_check=False)), DT)
    assert graph.sample_shape == (5,)
    gains = {entry.name: entry.gain.values().tolist() for entry in graph.inputs}
    assert gains["w"] == [[1, 1, 1, 0, 0]] * 2
    assert gains["b to x"] == gains["b to y"] == [[0, 0, 0, 1, 0], [0, 0, 0, 0, 1]]


@pytest.mark.parametrize(("name", "dt_s", "last", "late"), [("norse_box", 1e-6, "3", 1), ("sinabs_iaf", 1.0, "7", 2)])
def test_spikes_are_those_of_the_tool_that_wrote_the_file(name: str, dt_s: float, last: str, late: int):
    recorded = np.load(nir_graphs.FILES / f"{name}.npz")
    samples, spikes = recorded["input"].astype(np.float64), recorded["spikes"]
    graph = to_graph(read_nir(nir_graphs.FILES / f"{name}.nir"), dt_s)
    ours = sent_by(graph, samples)[last]
    # Here a spike takes a step to reach the next layer; the tools pass it on within the step.
    np.testing.assert_array_equal(ours[late:], spikes[: len(spikes) - late])
    assert spikes.sum() > 10


@pytest.mark.parametrize(
    ("name", "dt_s", "sizes"),
    [
        ("snntorch_conv", 1e-4, [108, 4]),
        ("snntorch_rsynaptic", 1e-4, [5, 3]),
        ("sinabs_lif", 1.0, [5, 3]),
        ("norse_conv", 1.0, [48, 2]),
        ("lif_norse", 1e-4, [1]),
    ],
)
def test_files_of_other_tools_become_graphs(name: str, dt_s: float, sizes: list[int]):
    graph = to_graph(read_nir(nir_graphs.FILES / f"{name}.nir"), dt_s)
    assert sorted((p.size for p in graph.populations), reverse=True) == sizes


def test_convolutions_remain_kernels_if_they_are_alone_on_their_path():
    norse = to_graph(read_nir(nir_graphs.FILES / "norse_conv.nir"), 1.0)
    assert isinstance(norse.inputs[0].gain, FloatConvolution)
    assert [type(entry.weight) for entry in norse.projections] == [FloatConvolution]
    sinabs = to_graph(read_nir(nir_graphs.FILES / "sinabs_iaf.nir"), 1.0)
    assert [type(entry.weight) for entry in sinabs.projections] == [FloatConvolution, FloatDense]
    snntorch = to_graph(read_nir(nir_graphs.FILES / "snntorch_conv.nir"), 1e-4)
    assert [type(entry.weight) for entry in snntorch.projections] == [FloatDense]


def test_the_braille_network_of_the_nir_paper_spikes_at_its_step():
    path = nir_graphs.FILES / "braille_noDelay_bias_zero.nir"
    samples = (np.random.default_rng(0).random((300, 12)) < 0.03) * 1.0
    ours = sent_by(to_graph(read_nir(path), 1e-4), samples)
    expected = plain_nir.run(nir.read(path), samples, 1e-4)
    for name, units in {"lif1.lif": 38, "lif2": 7}.items():
        assert ours[name].shape == (300, units)
        np.testing.assert_array_equal(ours[name], expected[name])
        assert 0.01 < ours[name].mean() < 0.5
