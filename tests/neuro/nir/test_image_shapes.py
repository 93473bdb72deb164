"""Convolutions written as NIR: which remain convolutions, in which shape, and where a constant input goes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import nir
import norse.torch as snn
import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from torch import nn

from quantal.neuro.network.count_network import Input, Readout
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.neurons import FloatCuba, FloatGraded, FloatSpike
from quantal.neuro.nir import NirGraph, from_graph, to_graph, to_nir, write_nir
from quantal.neuro.simulate.floats import simulate
from quantal.neuro.synapses import FloatConvolution
from quantal.neuro.synapses.pooling import average_pool, sum_pool
from quantal.training.export.norse import from_norse

DT = 0.001
RNG = np.random.default_rng(0)
FIRST = FloatConvolution(RNG.normal(size=(3, 1, 3, 3)), (1, 6, 6), padding=(1, 1))
SECOND = FloatConvolution(RNG.normal(size=(6, 3, 2, 3)), (3, 6, 6), (2, 1), (1, 0), (2, 1))
GROUPED = FloatConvolution(RNG.normal(size=(3, 1, 2, 2)), (3, 6, 6), groups=3)
SAME = FloatConvolution(RNG.normal(size=(3, 3, 3, 3)), (3, 6, 6), padding=(1, 1))


def cells(name: str, size: int, bias: Any = 0.0, decay_v: Any = 0.1) -> FloatPopulation:
    vectors = (np.broadcast_to(np.asarray(value, float), (size,)).copy() for value in (bias, 1.0, decay_v))
    return FloatPopulation(name, size, FloatCuba(*vectors, -40.0, 50.0), FloatSpike(np.full(size, 0.5)))


def network(
    *more: tuple[str, str, Any, int], second: Any = SECOND, shape: tuple[int, ...] = (1, 6, 6), **first: Any
) -> Graph:
    """An image, a convolution to `a`, another weight from there to `b`, and more projections."""
    ends = [("a", "b", second, 1), *more]
    return Graph(
        "net",
        (cells("a", 108, **first), cells("b", second.shape[0])),
        tuple(FloatProjection(f"p{index}", *end) for index, end in enumerate(ends)),
        (Input("in", "a", FIRST),),
        sample_shape=shape,
    )


def kinds(graph: NirGraph) -> Counter[str]:
    return Counter(node.kind for node in graph.nodes.values())


def number(graph: NirGraph, node: str, name: str) -> np.ndarray:
    return np.asarray(graph.nodes[node].parameters[name])


def run(graph: Graph) -> dict[str, np.ndarray]:
    samples = np.random.default_rng(1).normal(0.5, 1.0, (30, 2, graph.inputs[0].gain.shape[-1]))
    return simulate(graph, samples, 30)


UNEVEN = np.random.default_rng(2).normal(0.05, 0.02, 108)
SQUARE = np.random.default_rng(3).normal(0, 0.1, (108, 108))
ROUND = SECOND.shape[0]

WRITTEN = {
    "two convolutions": (network(), {"Conv2d": 2}),
    "groups": (network(second=GROUPED), {"Conv2d": 2}),
    "a sum pool": (network(second=sum_pool((3, 6, 6), (2, 3), (2, 2), (1, 0))), {"Conv2d": 1, "SumPool2d": 1}),
    "an average pool": (network(second=average_pool((3, 6, 6), (2, 2), (2, 2))), {"Conv2d": 1, "AvgPool2d": 1}),
    "a pool with gaps": (
        network(second=replace(sum_pool((3, 6, 6), (2, 2), (1, 1)), dilation=(2, 2))),
        {"Conv2d": 2},
    ),
    "a delayed convolution": (network(("a", "b", SECOND, 4)), {"Conv2d": 3, "Delay": 1}),
    "a convolution of itself": (network(("a", "a", SAME, 1)), {"Conv2d": 3}),
    "a matrix of the last": (network(("b", "b", np.eye(ROUND), 1)), {"Conv2d": 2, "Flatten": 1, "Linear": 1}),
    "a matrix of the first": (network(("a", "a", SQUARE, 1)), {"Conv2d": 1, "Flatten": 1, "Linear": 2}),
    "unit by unit": (network(("a", "a", csr_array(np.diag(np.arange(108.0))), 1)), {"Conv2d": 2, "Scale": 1}),
    "a matrix beside it": (
        network(("a", "b", np.ones((ROUND, 108)), 2)),
        {"Conv2d": 2, "Delay": 1, "Flatten": 2, "Linear": 1},
    ),
    "flat samples": (network(shape=(36,)), {"Linear": 2}),
    "samples of no shape": (network(shape=()), {"Conv2d": 2}),
    "a bias": (network(bias=np.repeat([0.1, 0.2, 0.3], 36)), {"Conv2d": 2}),
    "a bias of each unit": (network(bias=UNEVEN), {"Conv2d": 2}),
    "a bias without leak": (network(bias=np.repeat([0.1, 0.2, 0.3], 36), decay_v=0.0), {"Conv2d": 2}),
    "a bias of each unit without leak": (
        network(bias=UNEVEN, decay_v=0.0),
        {"Affine": 1, "Flatten": 1, "Linear": 1},
    ),
    "a bias of each unit without leak, and a matrix": (
        network(("a", "a", SQUARE, 1), bias=UNEVEN, decay_v=0.0),
        {"Conv2d": 1, "Affine": 1, "Flatten": 1, "Linear": 1},
    ),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_graph_is_written_as_these_nodes_and_comes_back(name: str):
    graph, expected = WRITTEN[name]
    written = from_graph(graph, DT)
    found = kinds(written)
    assert {kind: count for kind, count in found.items() if kind not in ("Input", "LIF", "IF")} == expected
    again = to_graph(written, DT)
    by_name = {entry.name: entry for entry in again.projections}
    assert [*sorted(by_name)] == [entry.name for entry in graph.projections]
    for one in graph.projections:
        other = by_name[one.name]
        np.testing.assert_array_equal(one.weight.to_dense(), other.weight.to_dense())
        assert one.delay_steps == other.delay_steps
    assert again.sample_shape == (graph.sample_shape or (1, 6, 6))
    assert from_graph(again, DT) == written
    messages, messages_again = run(graph), run(again)
    for population in ("a", "b"):
        np.testing.assert_array_equal(messages[population], messages_again[population])
        assert messages[population].any()


def test_time_constants_of_each_unit_leave_a_kernel_to_the_last_bit():
    graph = network(decay_v=np.random.default_rng(5).uniform(0.02, 0.9, 108))
    again = to_graph(from_graph(graph, DT), DT)
    assert isinstance(again.inputs[0].gain, FloatConvolution)
    np.testing.assert_array_equal(again.inputs[0].gain.weight, FIRST.weight)


def test_a_convolution_with_several_outputs_of_each_channel_is_not_a_pool():
    twice = FloatConvolution(np.ones((6, 1, 2, 2)), (3, 6, 6), (2, 2), groups=3)
    assert kinds(from_graph(network(second=twice), DT))["Conv2d"] == 2


def test_units_from_which_only_a_convolution_starts_are_an_image():
    populations = cells("a", 108, bias=np.repeat([0.02, 0.1, 0.2], 36)), cells("b", ROUND)
    graph = Graph("net", populations, (FloatProjection("p", "a", "b", SECOND),))
    written = from_graph(graph, DT)
    assert kinds(written) == {"Conv2d": 1, "LIF": 2}
    assert isinstance(to_graph(written, DT).projections[0].weight, FloatConvolution)


def test_two_paths_without_weights_are_two_nodes():
    paths = tuple(FloatProjection("a to b", "a", "b", csr_array(np.eye(3))) for _ in range(2))
    graph = Graph("net", (cells("a", 3), cells("b", 3)), paths, (Input("in", "a", np.ones(3)),))
    (projection,) = to_graph(from_graph(graph, DT), DT).projections
    np.testing.assert_array_equal(projection.weight.to_dense(), 2 * np.eye(3))


def test_two_delays_of_the_same_unit_are_two_nodes():
    paths = [FloatProjection(f"p{steps}", "a", "b", RNG.normal(size=(4, 5)), steps) for steps in (1, 3)]
    graph = Graph("net", (cells("a", 5), cells("b", 4)), tuple(paths), (Input("in", "a", np.ones(5)),))
    again = {entry.name: entry for entry in to_graph(from_graph(graph, DT), DT).projections}
    for path in paths:
        np.testing.assert_array_equal(again[path.name].weight.to_dense(), path.weight.to_dense())
        assert again[path.name].delay_steps == path.delay_steps


def test_numbers_of_a_convolution():
    written = from_graph(network(second=GROUPED, bias=np.repeat([0.1, 0.2, 0.3], 36)), DT)
    np.testing.assert_array_equal(number(written, "in", "weight"), FIRST.weight)
    np.testing.assert_array_equal(number(written, "in", "bias"), [0.1, 0.2, 0.3])
    np.testing.assert_array_equal(number(written, "in", "input_shape"), [6, 6])
    np.testing.assert_array_equal(number(written, "in", "padding"), [1, 1])
    np.testing.assert_array_equal(number(written, "p0", "bias"), np.zeros(3))
    assert number(written, "p0", "groups") == 3
    assert number(written, "a", "tau").shape == (3, 6, 6)
    assert not number(written, "a", "v_leak").any()
    uneven = from_graph(network(bias=UNEVEN), DT)
    assert not number(uneven, "in", "bias").any()
    np.testing.assert_allclose(number(uneven, "a", "v_leak").ravel(), UNEVEN / 0.1)


def test_shapes_fit_for_nir_itself(tmp_path: Path):
    graph = network(("b", "b", np.eye(108), 1), second=SAME)
    write_nir(from_graph(replace(graph, readouts=(Readout("seen", "b", np.eye(108)),)), DT), tmp_path / "net.nir")
    read = nir.read(tmp_path / "net.nir")
    assert read.nodes["in"].output_type["output"].tolist() == [3, 6, 6]
    # nir 1.0.8 confuses height and width of a kernel, and ignores groups, but only when it checks shapes.
    write_nir(from_graph(network(second=GROUPED), DT), tmp_path / "net.nir")
    assert isinstance(nir.read(tmp_path / "net.nir", type_check=False).nodes["p0"], nir.Conv2d)


def signal(second: FloatConvolution) -> Graph:
    first = FloatConvolution(RNG.normal(size=(4, 2, 1, 3)), (2, 1, 9), (1, 2), (0, 1))
    populations = cells("a", 20), cells("b", second.shape[0])
    projection = FloatProjection("p", "a", "b", second)
    return Graph("net", populations, (projection,), (Input("in", "a", first),), sample_shape=(2, 9))


def test_convolutions_of_a_signal_have_one_axis():
    graph = signal(FloatConvolution(RNG.normal(size=(4, 2, 1, 2)), (4, 1, 5), (1, 1), (0, 1), (1, 2), 2))
    written = from_graph(graph, DT)
    assert kinds(written) == {"Input": 1, "Conv1d": 2, "LIF": 2}
    assert number(written, "p", "weight").shape == (4, 2, 2)
    assert [int(number(written, "p", name)) for name in ("stride", "padding", "dilation", "groups")] == [1, 1, 2, 2]
    assert number(written, "a", "tau").shape == (4, 5)
    again = to_graph(written, DT)
    assert again.sample_shape == (2, 9)
    for name in ("weight", "input_shape", "stride", "padding", "dilation", "groups"):
        np.testing.assert_array_equal(
            getattr(again.projections[0].weight, name), getattr(graph.projections[0].weight, name)
        )


def test_a_convolution_that_reaches_beyond_a_signal_is_a_matrix():
    graph = signal(FloatConvolution(RNG.normal(size=(1, 4, 3, 1)), (4, 1, 5), padding=(1, 0)))
    written = from_graph(graph, DT)
    assert kinds(written) == {"Input": 1, "Conv1d": 1, "Flatten": 1, "Linear": 1, "LIF": 2}
    np.testing.assert_array_equal(
        to_graph(written, DT).projections[0].weight.to_dense(), graph.projections[0].weight.to_dense()
    )


def test_an_image_is_read_out_as_one():
    graph = network()
    spikes = replace(graph, readouts=(Readout("seen", "a", np.eye(108)),))
    written = from_graph(spikes, DT)
    assert ("a", "seen") in written.edges
    np.testing.assert_array_equal(number(written, "seen", "shape"), [3, 6, 6])
    graded = replace(graph.population("a"), emission=FloatGraded())
    written = from_graph(replace(spikes, populations=(graded, graph.population("b"))), DT)
    assert ("seen weight", "seen") in written.edges
    np.testing.assert_array_equal(number(written, "seen", "shape"), [3, 6, 6])
    weighted = from_graph(replace(graph, readouts=(Readout("seen", "a", np.ones((2, 108))),)), DT)
    assert ("a flatten", "seen weight") in weighted.edges


def test_delays_of_each_unit_are_one_delay_and_one_matrix():
    weight, late = RNG.normal(size=(4, 5)), [1, 3, 1, 2, 3]
    parts = [
        FloatProjection(name, "a", "b", weight * (np.array(late) == steps), steps)
        for name, steps in (("w", 1), ("w after 1", 2), ("w after 2", 3))
    ]
    graph = Graph("net", (cells("a", 5), cells("b", 4)), tuple(parts), (Input("in", "a", np.ones(5)),))
    written = from_graph(graph, DT)
    assert kinds(written) == {"Input": 1, "Scale": 1, "Delay": 1, "Linear": 1, "LIF": 2}
    np.testing.assert_allclose(number(written, "w delay", "delay"), (np.array(late) - 1) * DT)
    again = {entry.name: entry for entry in to_graph(written, DT).projections}
    assert again.keys() == {"w", "w after 1", "w after 2"}
    for part in parts:
        np.testing.assert_array_equal(again[part.name].weight.to_dense(), part.weight.to_dense())
        assert again[part.name].delay_steps == part.delay_steps


def test_norse_reads_a_convolutional_model_of_its_own_and_spikes_the_same(tmp_path: Path):
    torch.manual_seed(0)
    box = [snn.LIFBoxCell(snn.LIFBoxParameters(v_th=torch.tensor(threshold))) for threshold in (0.3, 0.3, 0.1)]
    front = [nn.Conv2d(1, 4, 3, padding=1, bias=False), box[0], nn.AvgPool2d(2), nn.Conv2d(4, 6, 3, bias=False), box[1]]
    model = snn.SequentialState(*front, nn.Flatten(), nn.Linear(24, 5, bias=False), box[2])
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.abs() * 3)
    written = from_graph(from_norse(model, (1, 8, 8)), DT)
    np.testing.assert_allclose(number(written, "sample", "weight"), front[0].weight.detach().numpy(), rtol=1e-12)
    np.testing.assert_array_equal(number(written, "1", "r"), np.ones((4, 8, 8)))
    write_nir(written, tmp_path / "net.nir")
    read = snn.from_nir(nir.read(tmp_path / "net.nir"), dt=DT)
    samples = torch.tensor((np.random.default_rng(0).random((60, 1, 1, 8, 8)) < 0.3) * 1.0, dtype=torch.float32)
    theirs, ours = spikes_of(model, samples), spikes_of(read, samples)
    np.testing.assert_array_equal(ours, theirs)
    assert 0.1 < theirs.mean() < 0.9


def spikes_of(model: Any, samples: torch.Tensor) -> np.ndarray:
    state, sent = None, []
    with torch.no_grad():
        for sample in samples:
            message, state = model(sample, state)
            sent.append(message.numpy().ravel())
    return np.array(sent)


def test_graphs_are_converted_in_memory():
    assert isinstance(to_nir(from_graph(network(), DT)).nodes["in"], nir.Conv2d)
