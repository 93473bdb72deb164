"""The torch module of an integer network equals the network, integer for integer, and can be trained."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from quantal.neuro import engine
from quantal.neuro.arithmetic import Integers
from quantal.neuro.compile import Options, compile_graph
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.neurons import Cuba, FloatCuba, FloatGraded, FloatMemoryless, FloatSilent, FloatSpike, Spike
from quantal.neuro.synapses import Convolution, FloatConvolution, Sparse
from quantal.training.learn.quantised_network import QuantisedNetwork
from quantal.training.learn.quantised_weights import SUMS, Synapses, sparse_sum


def graph_of(seed: int, reset: str = "zero", refractory_steps: int = 0) -> Graph:
    """Images of 2 × 5 × 5, a convolution, a layer with sparse recurrent connections, and a read-out."""
    rng = np.random.default_rng(seed)
    conv = FloatConvolution(rng.normal(0.05, 0.3, (3, 2, 3, 3)), (2, 5, 5), stride=(2, 2), padding=(1, 1))
    recur = csr_array(np.where(rng.random((8, 8)) < 0.4, rng.normal(0, 0.3, (8, 8)), 0.0))
    sizes = {"pixels": 50, "features": 27, "hidden": 8, "readout": 4}

    def population(name: str) -> FloatPopulation:
        size = sizes[name]
        cuba = FloatCuba(rng.normal(0, 0.1, size), rng.random(size), rng.random(size), -20.0, 20.0)
        spike = FloatSpike(rng.uniform(0.3, 1, size), reset, refractory_steps)
        initial = {"v": rng.normal(0, 0.5, size)}
        return FloatPopulation(name, size, cuba, FloatSilent() if name == "readout" else spike, initial)

    return Graph(
        "images",
        tuple(population(name) for name in sizes),
        (
            FloatProjection("convolve", "pixels", "features", conv),
            FloatProjection("gather", "features", "hidden", rng.normal(0.05, 0.3, (8, 27)), delay_steps=2),
            FloatProjection("recur", "hidden", "hidden", recur, delay_steps=3),
            FloatProjection("read", "hidden", "readout", rng.normal(0, 0.3, (4, 8))),
        ),
    )


def drive_of(network: CountNetwork, seed: int, steps: int) -> dict[str, Integers]:
    rng = np.random.default_rng(seed)
    unit = round(0.5 / (network.population("pixels").state_scale * 64))
    return {"pixels": rng.integers(-unit, 2 * unit, (steps, 3, 50)), "hidden": rng.integers(-9, 9, (3, 8))}


def as_tensors(drive: dict[str, Integers]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(value.astype(np.float64)) for name, value in drive.items()}


def assert_same_integers(module: QuantisedNetwork, network: CountNetwork, drive: dict[str, Integers], steps: int):
    trace = engine.run(network, drive, steps)
    names = [p.name for p in network.populations]
    response = module(as_tensors(drive), steps, recorded=names)
    for name in names:
        assert np.array_equal(response.messages[name].detach().numpy(), trace.messages[name]), name
        assert np.array_equal(response.potentials[name].detach().numpy(), trace.states[name]["v"]), name


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["zero", "subtract"]), st.integers(0, 3), st.integers(4, 8))
def test_forward_is_the_integer_network(seed: int, reset: str, refractory_steps: int, weight_bits: int):
    graph, options = graph_of(seed, reset, refractory_steps), Options(weight_bits=weight_bits)
    network, _ = compile_graph(graph, options)
    drive = drive_of(network, seed, 12)
    module = QuantisedNetwork(graph, network, options)
    assert_same_integers(module, network, drive, 12)
    assert_same_integers(module, module.deployed(), drive, 12)


def test_u_wraps_in_torch_as_in_the_engine():
    """With far more input than the network was compiled for."""
    graph = graph_of(5)
    network, _ = compile_graph(graph)
    drive = {"pixels": np.full((2, 50), 2**21), "hidden": np.full((2, 8), -(2**21))}
    assert_same_integers(QuantisedNetwork(graph, network), network, drive, 9)


def test_the_trained_weights_are_deployed():
    graph = graph_of(7)
    network, _ = compile_graph(graph)
    module = QuantisedNetwork(graph, network)
    drive = drive_of(network, 7, 15)
    optimiser, losses = torch.optim.Adam(module.parameters(), 0.01), []
    for _ in range(25):
        readout = module(as_tensors(drive), 15, recorded=["readout"]).potentials["readout"][-1]
        scores = readout * network.population("readout").state_scale
        loss = torch.nn.functional.cross_entropy(scores, torch.tensor([0, 1, 2]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
    deployed = module.deployed()
    assert_same_integers(module, deployed, drive, 15)
    assert isinstance(deployed.projections[0].weight, Convolution)
    assert isinstance(deployed.projections[2].weight, Sparse)
    connected = set(zip(*graph.projections[2].weight.csr.nonzero(), strict=True))
    assert {
        (target, source) for target, source, _ in zip(*deployed.projections[2].weight.entries(), strict=True)
    } <= connected
    for before, after in zip(network.projections, deployed.projections, strict=True):
        assert not np.array_equal(before.weight.values(), after.weight.values()), before.name


def test_a_sparse_weight_has_the_gradients_of_the_dense_one():
    rng = np.random.default_rng(0)
    matrix = np.where(rng.random((7, 9)) < 0.3, rng.integers(-9, 10, (7, 9)), 0)
    target, source = np.nonzero(matrix)
    weight = Sparse(target, source, matrix[target, source], 7, 9)
    sent = rng.integers(0, 2, (4, 9))
    messages = [torch.tensor(sent, dtype=torch.float32, requires_grad=True) for _ in range(2)]
    values, dense = (torch.tensor(each, dtype=torch.float32, requires_grad=True) for each in (weight.weight, matrix))
    factor = torch.from_numpy(rng.integers(-5, 6, (4, 7)).astype(np.float32))
    sums = sparse_sum(weight, values, messages[0]), messages[1] @ dense.T
    assert torch.equal(*sums)
    for each in sums:
        (each * factor).sum().backward()
    assert torch.equal(values.grad, dense.grad[target, source])
    assert torch.equal(messages[0].grad, messages[1].grad)


def test_a_connection_that_was_rounded_to_zero_can_learn():
    graph = graph_of(4)
    weight = graph.projections[2].weight.csr.copy()
    weight.data[0] = 1e-9
    graph = replace(
        graph, projections=tuple(replace(p, weight=weight) if p.name == "recur" else p for p in graph.projections)
    )
    network, _ = compile_graph(graph)
    synapses: Synapses = QuantisedNetwork(graph, network).synapses[2]
    remaining = len(network.projections[2].weight.weight)
    assert len(synapses.deployed().weight.weight) == remaining < weight.nnz
    with torch.no_grad():
        synapses.weight[0] = 0.2
    assert len(synapses.deployed().weight.weight) == remaining + 1


def test_every_parameter_has_a_gradient():
    graph = graph_of(3)
    network, _ = compile_graph(graph)
    module = QuantisedNetwork(graph, network)
    response = module(as_tensors(drive_of(network, 3, 15)), 15, recorded=["readout"])
    response.potentials["readout"].square().sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"integration": FloatMemoryless(np.zeros(4), -1.0, 1.0)},
            "population readout: can't be trained expected Cuba + Spike or Cuba + Silent or Memoryless + Graded, "
            "got Memoryless + Silent",
        ),
    ],
)
def test_a_kind_that_can_not_be_trained_is_named(change: dict[str, object], message: str):
    graph = graph_of(1)
    changed = replace(graph.populations[-1], initial={}, **change)
    graph = replace(graph, populations=(*graph.populations[:-1], changed))
    network, _ = compile_graph(graph)
    with pytest.raises(QuantalError) as caught:
        QuantisedNetwork(graph, network)
    assert " ".join(str(caught.value).split()) == message


def test_a_weight_that_can_not_be_trained_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(SUMS, Sparse)
    graph = graph_of(1)
    network, _ = compile_graph(graph)
    with pytest.raises(QuantalError) as caught:
        QuantisedNetwork(graph, network)
    assert " ".join(str(caught.value).split()) == (
        "projection recur: can't be trained expected Dense or Convolution, got Sparse"
    )


def test_untrained_parameters_do_not_change():
    graph = graph_of(2)
    network, _ = compile_graph(graph)
    deployed = QuantisedNetwork(graph, network).deployed()
    for before, after in zip(network.populations, deployed.populations, strict=True):
        assert isinstance(before.integration, Cuba)
        assert np.array_equal(before.integration.decay_v, after.integration.decay_v)
        assert np.array_equal(before.integration.bias, after.integration.bias)
        assert not isinstance(before.emission, Spike) or before.emission is after.emission


def test_prediction_errors_are_no_input_population():
    """A population that adds something to its samples can't be trained yet."""
    graph = graph_of(1)
    errors = FloatPopulation("errors", 4, FloatMemoryless(np.full(4, 0.5), -1.0, 1.0), FloatGraded())
    graph = replace(graph, populations=(*graph.populations, errors))
    network, _ = compile_graph(graph)
    with pytest.raises(QuantalError, match="population errors: can't be trained\n  expected an input population"):
        QuantisedNetwork(graph, network)
