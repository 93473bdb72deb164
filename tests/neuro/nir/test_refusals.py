"""What a `Graph` can't express is refused, and the error names the node and what would be lost."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import nir
import numpy as np
import pytest

from quantal.neuro.errors import QuantalError
from quantal.neuro.nir import NirGraph, NirNode, from_nir, to_graph

from support.nir_graphs import chain, image_chain, lif, recurrent

DT = 0.001
CONV = {"weight": np.ones((2, 2, 3, 3)), "stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": np.zeros(2)}


def lines(work: Callable[[], object]) -> list[str]:
    with pytest.raises(QuantalError) as caught:
        work()
    return [line.strip() for line in str(caught.value).splitlines()]


@pytest.mark.parametrize("dt_s", [None, 0.0, -0.001, np.nan, np.inf])
def test_a_time_step_is_asked_for(dt_s: float | None):
    assert lines(lambda: to_graph(from_nir(chain(lif(3))), dt_s)) == [
        "time step dt: a NIR graph does not state its time step",
        f"expected seconds, more than 0, got {'none' if dt_s is None else repr(dt_s)}",
        "give the one that the model was trained with",
    ]


def test_a_time_constant_shorter_than_the_step_is_refused():
    graph = from_nir(chain(lif(3, tau=0.0005)))
    assert lines(lambda: to_graph(graph, DT)) == [
        "NIR node n0: tau of unit 0 is shorter than the time step",
        "expected at least 0.001 s, got 0.0005 s",
        "choose a shorter time step: it has to be the one that the model was trained with",
    ]
    assert to_graph(from_nir(chain(lif(3, tau=float(np.float32(DT))))), DT)


def loop_of(*nodes: nir.NIRNode) -> NirGraph:
    graph = chain(lif(3), *nodes, lif(3))
    graph.edges.append((f"n{len(nodes)}", "n1"))
    return from_nir(graph)


def test_a_loop_without_neuron_or_delay_is_refused_by_its_names():
    first, second = lines(lambda: to_graph(loop_of(nir.Scale(np.ones(3)), nir.Linear(np.eye(3))), DT))
    assert first.endswith("a loop with neither a neuron nor a delay")
    assert "n1" in first.split(":")[0]
    assert "n2" in first.split(":")[0]
    assert "n0" not in first.split(":")[0]
    assert second == "expected a neuron, such as LI, on every loop"


def test_a_loop_with_only_a_delay_is_refused_as_such():
    first, _ = lines(lambda: to_graph(loop_of(nir.Scale(np.ones(3)), nir.Delay(np.full(3, DT))), DT))
    assert first.endswith("a loop of linear nodes without a neuron")


def test_a_loop_of_potentials_has_no_bound():
    graph = recurrent(nir.Linear(np.eye(3)))
    graph.nodes["lif"] = nir.LI(np.full(3, 0.01), np.ones(3), np.zeros(3))
    first, second = lines(lambda: to_graph(from_nir(graph), DT))
    assert first == "NIR nodes lif: neurons that send their potential around a loop have no bound"
    assert second == "expected a neuron with a threshold on every loop"


def test_an_unknown_node_is_named():
    assert lines(lambda: NirGraph({"x": NirNode("Sigmoid", {})}, ()))[0].startswith(
        "NIR node x: NIR has no primitive 'Sigmoid', expected one of Input, Output, Flatten, Affine"
    )


def test_an_edge_to_nowhere_is_named():
    graph = chain(lif(3))
    graph.edges.append(("n0", "n7"))
    assert lines(lambda: from_nir(graph)) == ["NIR edge n0 → n7: no node 'n7', expected one of input, n0, output"]


def test_an_edge_listed_twice_is_refused():
    graph = chain(lif(3))
    graph.edges.append(("input", "n0"))
    assert lines(lambda: from_nir(graph)) == ["NIR edge input → n0: is listed 2 times, expected once"]


def test_a_parameter_that_is_no_number_is_named_with_its_place():
    node = lif(3)
    node.tau[1] = np.nan
    assert lines(lambda: from_nir(chain(node))) == ["NIR node n0: tau[1] is nan, expected a finite number"]
    graph = from_nir(chain(lif(3)))
    wrong = NirNode("LIF", {**graph.nodes["n0"].parameters, "tau": "fast"})
    assert lines(lambda: replace(graph, nodes={**graph.nodes, "n0": wrong})) == [
        "NIR node n0: tau is 'fast', expected numbers"
    ]


def test_parameters_must_be_those_of_the_primitive():
    parameters = from_nir(chain(lif(3))).nodes["n0"].parameters
    fewer = {key: value for key, value in parameters.items() if key != "r"}
    assert lines(lambda: NirGraph({"a": NirNode("LIF", fewer)}, ())) == ["NIR node a: a LIF without its r"]
    more = {**parameters, "tau_ref": np.ones(3)}
    assert lines(lambda: NirGraph({"a": NirNode("LIF", more)}, ())) == [
        "NIR node a: LIF has no parameter 'tau_ref', expected tau, r, v_leak, v_threshold"
    ]


@pytest.mark.parametrize("name", ["a/b", "", "."])
def test_names_that_a_file_would_take_for_a_path_are_refused(name: str):
    assert f"the name {name!r}" in lines(lambda: NirGraph({name: NirNode("Input", {"shape": np.array([1])})}, ()))[0]


SHAPES = {
    "linear": (chain(nir.Linear(np.ones((4, 2))), lif(4), out=4), "n0", "Linear", "(2,)", "(3,)"),
    "bias": (chain(nir.Affine(np.ones((3, 3)), np.ones(2)), lif(3)), "n0", "Affine", "bias (3,)", "(2,)"),
    "units": (chain(nir.Linear(np.ones((4, 3))), lif(3)), "n1", "LIF", "(3,)", "(4,)"),
    "output": (chain(lif(3), out=2), "output", "Output", "(2,)", "(3,)"),
    "channels": (
        image_chain(nir.Conv2d(None, **CONV), shape=(3, 5, 5), out=(2, 3, 3)),
        *("n0", "Conv2d", "(2, 5, 5)", "(3, 5, 5)"),
    ),
    "image": (
        image_chain(nir.Conv2d((5, 5), **CONV), shape=(2, 6, 6), out=(2, 4, 4)),
        *("n0", "Conv2d", "(2, 5, 5)", "(2, 6, 6)"),
    ),
    "small": (
        image_chain(nir.Conv2d(None, **CONV), shape=(2, 2, 5), out=(2, 1, 3)),
        *("n0", "Conv2d", "an image no smaller than the kernel", "an output of (2, 0, 3)"),
    ),
    "groups": (
        image_chain(nir.Conv2d(None, **{**CONV, "groups": 3}), shape=(6, 5, 5), out=(2, 3, 3)),
        *("n0", "Conv2d", "groups that divide 2 outputs", "3"),
    ),
    "same": (
        image_chain(nir.Conv2d(None, **{**CONV, "padding": "same", "stride": 2}), shape=(2, 5, 5), out=(2, 5, 5)),
        *("n0", "Conv2d", "stride 1 with padding 'same'", "[2 2]"),
    ),
    "pool": (chain(nir.SumPool2d(*[np.array([2, 2])] * 3)), "n0", "SumPool2d", "(channels, height, width)", "(3,)"),
    "flatten": (chain(nir.Flatten(None, 1, -1)), "n0", "Flatten", "an input with axes 1 to -1", "(3,)"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_wrong_shape_is_named_where_it_arrives(name: str):
    graph, node, kind, expected, got = SHAPES[name]
    assert lines(lambda: from_nir(graph)) == [
        f"NIR node {node}: wrong shape for a {kind}",
        f"expected {expected}, got {got}",
    ]


def test_impossible_numbers_are_named():
    wrong = nir.Conv2d(None, **{**CONV, "groups": np.array([1, 2])})
    first, _ = lines(lambda: from_nir(image_chain(wrong, shape=(2, 5, 5), out=(2, 3, 3))))
    assert first == "NIR node n0: numbers that no Conv2d can have"


def test_every_edge_has_to_fit_not_only_the_first():
    graph = chain(lif(3), lif(3))
    graph.nodes["wide"] = nir.Linear(np.ones((4, 3)))
    graph.edges += [("n0", "wide"), ("wide", "n1")]
    assert lines(lambda: from_nir(graph)) == ["NIR node n1: wrong shape for a LIF", "expected (3,), got (4,)"]


def test_parameters_of_different_shapes_are_named():
    parameters = {**from_nir(chain(lif(3))).nodes["n0"].parameters, "r": np.ones(2)}
    graph = replace(from_nir(chain(lif(3))), nodes={**from_nir(chain(lif(3))).nodes, "n0": NirNode("LIF", parameters)})
    assert lines(lambda: to_graph(graph, DT))[1] == "expected r of shape (3,) as tau, got (2,)"


def test_a_node_of_unknown_shape_is_named():
    graph = NirGraph(
        {"pool": NirNode("SumPool2d", dict.fromkeys(("kernel_size", "stride", "padding"), np.ones(2)))}, ()
    )
    assert lines(lambda: to_graph(graph, DT))[0] == "NIR node pool: the shape that arrives here is unknown"


DELAYED = nir.Delay(np.full(3, 0.002))
LOST = {
    "a delay of half a step": (
        chain(lif(3), nir.Delay(np.array([0.001, 0.0015, 0.0])), lif(3)),
        "NIR node n1: the delay of unit 1 is not a whole number of time steps",
        "expected a multiple of 0.001 s, got 0.0015 s",
    ),
    "a delay too long": (
        chain(lif(3), nir.Delay(np.full(3, 0.062)), lif(3)),
        "NIR path n0 to n2: a delay longer than any projection's",
        "expected at most 61 steps, got 62 steps",
    ),
    "input through a delay": (
        chain(DELAYED, lif(3)),
        "NIR path input to n1: external input through a delay",
        "expected a neuron before the delay, got a delay of 2 steps",
    ),
    "a bias through a delay": (
        chain(lif(3), nir.Affine(np.eye(3), np.full(3, 0.5)), DELAYED, lif(3)),
        "NIR node n2: a bias before a delay would have to start late",
        "expected no bias before a delay, got 0.5",
    ),
    "a bias after the last neuron": (
        chain(lif(3), nir.Affine(np.eye(3), np.full(3, 0.5))),
        "NIR node output: an Output that adds a bias",
        "expected a bias of 0 after the last neuron, got 0.5",
    ),
    "no neuron at all": (
        chain(nir.Linear(np.eye(3))),
        "NIR path input to output: an Output that reads external input",
        "expected a neuron just before it, or linear nodes between",
    ),
    "an output after a delay": (
        chain(lif(3), DELAYED),
        "NIR path n0 to output: an Output after a delay",
        "expected a neuron just before it, or linear nodes between",
    ),
    "a reset above the threshold": (
        chain(lif(3, v_reset=2.0)),
        "NIR node n0: unit 0 is reset to above its threshold",
        "expected v_threshold of at least 2, got 1",
    ),
}


@pytest.mark.parametrize("name", LOST)
def test_what_a_graph_cannot_express_is_refused_by_name(name: str):
    graph, first, second = LOST[name]
    assert lines(lambda: to_graph(from_nir(graph), DT))[:2] == [first, second]


def test_an_output_of_several_neurons_is_refused():
    graph = chain(lif(3), lif(3))
    graph.edges.append(("n0", "output"))
    assert lines(lambda: to_graph(from_nir(graph), DT))[:2] == [
        "NIR node output: an Output that adds up the messages of several neurons",
        "expected one source, got n1, n0",
    ]


def test_a_linear_node_that_leads_nowhere_is_named():
    graph = chain(lif(3))
    graph.nodes["lost"] = nir.Linear(np.eye(3))
    graph.edges.append(("n0", "lost"))
    assert lines(lambda: to_graph(from_nir(graph), DT))[0] == "NIR node lost: leads nowhere"


def test_an_inner_graph_with_two_inputs_is_ambiguous():
    inner = chain(lif(3))
    inner.nodes["other"] = nir.Input(np.array([3]))
    assert lines(lambda: from_nir(chain(inner))) == [
        "NIR node n0: an edge leads to an inner graph with 2 nodes of kind Input",
        "expected exactly one, got input, other",
    ]


def test_a_mistake_in_an_inner_graph_is_named_with_its_place():
    inner = chain(lif(3))
    inner.edges.append(("n0", "n9"))
    assert lines(lambda: from_nir(chain(inner)))[0].startswith("NIR node n0: NIR edge n0 → n9: no node 'n9'")


def test_metadata_that_a_file_cannot_hold_is_named():
    graph = chain(lif(3))
    graph.nodes["n0"].metadata = {"model": {"layer": object}}
    assert lines(lambda: from_nir(graph))[0] == "NIR node n0, metadata model.layer: a file can't hold this"


def test_too_many_gains_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys.modules["quantal.neuro.compile.importing.layers"], "GAINS_MAX", 8)
    assert to_graph(from_nir(chain(lif(9), size=9)), DT).inputs[0].gain.shape == (9, 9)
    assert lines(lambda: to_graph(from_nir(chain(nir.Linear(np.eye(3)), lif(3))), DT)) == [
        "NIR path input to n1: too many gains for an external input",
        "expected at most 8, got 3 × 3",
    ]
