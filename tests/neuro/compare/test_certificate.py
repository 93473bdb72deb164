"""The certificate reports no cause where nothing differs, and the right cause for every planted fault."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quantal.neuro.circuits import CIRCUITS
from quantal.neuro.circuits.poisson_vae import PoissonVae
from quantal.neuro.compare.certificate import Certificate, certify
from quantal.neuro.compile import Options, compile_graph
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Input
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph, SampleRange
from quantal.neuro.neurons import FloatCuba, FloatSilent, FloatSpike

STEPS, BATCH, FEATURES = 40, 6, 5


def layered(weight: float | None = None, span: float = 40.0) -> Graph:
    """Two spiking layers and a read-out; weights are multiples of 1/8 that 8 bits hold without rounding."""
    rng = np.random.default_rng(3)
    sizes = {"first": 8, "second": 6, "readout": 3}

    def weights(*shape: int) -> np.ndarray:
        return rng.integers(-4, 8, shape) / 8 if weight is None else np.full(shape, weight)

    def population(name: str) -> FloatPopulation:
        size = sizes[name]
        cuba = FloatCuba(np.zeros(size), np.full(size, 0.5), np.full(size, 0.25), -span, span)
        emission = FloatSilent() if name == "readout" else FloatSpike(np.full(size, 0.71))
        return FloatPopulation(name, size, cuba, emission)

    return Graph(
        "layered",
        tuple(population(name) for name in sizes),
        (
            FloatProjection("up", "first", "second", weights(6, 8)),
            FloatProjection("out", "second", "readout", weights(3, 6)),
        ),
        (Input("image", "first", np.abs(weights(8, FEATURES))),),
    )


def samples() -> np.ndarray:
    return np.random.default_rng(1).random((STEPS, BATCH, FEATURES)) * 0.4


def with_emission(network: CountNetwork, name: str, **changes: Any) -> CountNetwork:
    populations = tuple(
        replace(p, emission=replace(p.emission, **changes)) if p.name == name else p for p in network.populations
    )
    return replace(network, populations=populations)


def causes(certificate: Certificate) -> dict[str, str | None]:
    return {layer.population: layer.divergence.cause if layer.divergence else None for layer in certificate.layers}


def test_a_faithful_network_hardly_differs():
    graph = layered()
    network, _ = compile_graph(graph)
    certificate = certify(graph, network, samples(), STEPS)
    assert set(causes(certificate).values()) <= {None, "threshold", "rounding", "different input"}
    assert certificate.agreement == 1
    assert all(layer.differing <= 0.01 * layer.float_spikes for layer in certificate.layers)


def test_the_input_population_of_a_network_is_no_difference():
    """The float network gets the same one, and weights and samples of 5 bits are rounded."""
    graph = replace(layered(), sample_range=SampleRange(0.0, 1.0))
    network, _ = compile_graph(graph)
    certificate = certify(graph, network, samples(), STEPS)
    assert [layer.population for layer in certificate.layers] == ["first", "second", "readout"]
    assert set(causes(certificate).values()) <= {None, "threshold", "rounding", "different input"}
    assert causes(certificate)["first"] != "different input"
    assert certificate.agreement == 1
    assert certificate.layers[0].float_spikes > 0
    assert all(layer.differing <= 0.05 * layer.float_spikes for layer in certificate.layers)


def test_four_bits_differ_by_rounding_and_the_next_layer_by_its_input():
    rng = np.random.default_rng(0)
    graph = layered()
    up = replace(graph.projections[0], weight=rng.normal(0.2, 0.4, (6, 8)))
    out = FloatProjection("again", "second", "first", rng.normal(0.1, 0.4, (8, 6)), 3)
    graph = replace(graph, projections=(up, graph.projections[1], out))
    network, _ = compile_graph(graph, Options(weight_bits=4))
    found = causes(certify(graph, network, samples(), STEPS))
    assert found["second"] == "rounding"
    assert found["first"] == "different input"


def test_one_step_of_delay():
    graph = layered()
    network, _ = compile_graph(graph)
    late = replace(network, projections=(replace(network.projections[0], delay_steps=2), network.projections[1]))
    found = causes(certify(graph, late, samples(), STEPS))
    assert found["second"] == "one step of delay"
    assert found["first"] != "one step of delay"


def test_a_different_reset():
    graph = layered()
    network, _ = compile_graph(graph)
    assert (
        causes(certify(graph, with_emission(network, "first", reset="subtract"), samples(), STEPS))["first"] == "reset"
    )


def test_a_refractory_time_in_only_one_of_the_networks():
    graph = layered()
    network, _ = compile_graph(graph)
    waiting = with_emission(network, "first", refractory_steps=3)
    assert causes(certify(graph, waiting, np.ones((STEPS, BATCH, FEATURES)), STEPS))["first"] == "reset"


def test_a_different_threshold():
    graph = layered()
    network, _ = compile_graph(graph)
    mantissa = network.population("first").emission.threshold_mant
    lower = with_emission(network, "first", threshold_mant=mantissa * 9 // 10)
    assert causes(certify(graph, lower, samples(), STEPS))["first"] == "threshold"


def test_a_current_that_wraps_around():
    """The network was compiled for potentials much smaller than those that occur."""
    graph = layered(span=4.0)
    network, _ = compile_graph(graph)
    wide = layered(span=4000.0)
    assert causes(certify(wide, network, 60 * samples(), STEPS))["first"] == "wrap"


def test_a_divergence_reports_the_numbers_of_its_unit():
    graph = layered()
    network, _ = compile_graph(graph)
    lower = with_emission(network, "first", threshold_mant=network.population("first").emission.threshold_mant // 2)
    layer = certify(graph, lower, samples(), STEPS).layers[0]
    assert layer.divergence is not None
    assert layer.divergence.threshold == 0.71
    assert layer.divergence.float_potential == pytest.approx(layer.divergence.integer_potential, abs=1e-3)
    assert layer.divergence.float_potential < 0.71
    assert layer.integer_spikes > layer.float_spikes
    assert layer.differing >= layer.integer_spikes - layer.float_spikes


def refusal(graph: Graph, network: CountNetwork) -> str:
    with pytest.raises(QuantalError) as caught:
        certify(graph, network, samples(), STEPS)
    return " ".join(str(caught.value).split())


def test_a_network_that_draws_is_refused():
    rng = np.random.default_rng(0)
    dictionary, ones = rng.normal(0, 0.2, (5, 3)), np.ones(3)
    parameters = PoissonVae(dictionary, 0.3, 0.03 * ones, np.ones(5), -ones, (-4.0, 2.0), 1.0, (5,))
    graph = CIRCUITS["lateral-competition"].build(parameters)
    network, _ = compile_graph(graph)
    message = "can't be certified expected Cuba + Spike or Cuba + Silent, got Accumulator + PoissonCount"
    assert message in refusal(graph, network)


def test_a_network_of_another_model_is_refused():
    graph = layered()
    network, _ = compile_graph(graph)
    renamed = replace(graph.populations[0], name="other")
    other = replace(graph, populations=(renamed, *graph.populations[1:]), projections=graph.projections[1:], inputs=())
    assert "population first: not in the float network expected other, second, readout" in refusal(other, network)
