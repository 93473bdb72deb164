"""From float to integer: every pass worked out by hand on small graphs, and properties of all compiled networks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from quantal.neuro.arithmetic import STATE_MAX
from quantal.neuro.circuits import CIRCUITS
from quantal.neuro.circuits.poisson_vae import PoissonVae
from quantal.neuro.compile import PASSES, Options, Report, compile_graph, run_passes
from quantal.neuro.compile.lower import lower
from quantal.neuro.compile.options import largest_mantissa, weight_grid
from quantal.neuro.compile.scales import choose_scales
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.bounds import message_range, summed_range
from quantal.neuro.network.count_network import CountNetwork, Input, Projection, Readout
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.network.verify import verify
from quantal.neuro.neurons import FloatAccumulator, FloatGraded, FloatMemoryless, FloatPoissonCount, FloatSilent
from quantal.neuro.simulate.reference import run
from quantal.neuro.synapses import Dense, Sparse

from support.graphs import options, random_graphs, random_models


def counting(weight: Any = None, highest: float = 1.0, **changes: Any) -> Graph:
    """Two units of log-rate −1 … 1 that send up to 3 packets and inhibit each other."""
    population = FloatPopulation(
        "p",
        2,
        FloatAccumulator(np.array([0.25, -0.5]), -1.0, highest),
        FloatPoissonCount(3),
        {"v": np.array([0.5, 0.0])},
    )
    weight = np.array([[-0.5, 0.0], [0.25, -0.125]]) if weight is None else weight
    legal = Graph(
        "counting",
        (population,),
        (FloatProjection("p->p", "p", "p", weight, 2),),
        (Input("x", "p", np.array([1.0, 2.0])),),
        (Readout("y", "p", np.array([[3.0, 4.0]])),),
        seed=9,
        sample_shape=(2,),
        provenance={"from": "hand"},
    )
    return replace(legal, **changes)


def relaying(lowest: float = -1000.0, highest: float = 1000.0) -> Graph:
    """A sum that receives an error of ±1000, listed first so that its scale has to wait."""
    error = FloatPopulation("error", 1, FloatMemoryless(np.zeros(1), lowest, highest), FloatGraded())
    total = FloatPopulation("total", 1, FloatAccumulator(np.zeros(1), -1.0, 1.0), FloatSilent())
    return Graph("relaying", (total, error), (FloatProjection("e->t", "error", "total", np.array([[0.01]])),))


def physical(network: CountNetwork, projection: Projection) -> np.ndarray:
    """The float weight that an integer projection stands for, dense."""
    matrix = np.zeros(projection.weight.shape)
    target, source, weight = projection.weight.entries()
    matrix[target, source] = weight * 2.0**projection.exponent
    return (
        matrix * network.population(projection.target).state_scale / network.population(projection.source).message_scale
    )


# By hand


def test_scales_by_hand():
    """The sum reaches 1.5; at 65/64 of it in half of 24 bits 0.5 is 254 · 2^12.35, so the exponent is 12."""
    graph = choose_scales(counting(), Options(), Report())
    assert graph.populations[0].state_scale == 0.5 / (254 * 2**12)
    assert graph.populations[0].message_scale == 1.0


def test_lowering_by_hand():
    network, _ = compile_graph(counting())
    (population,), (projection,) = network.populations, network.projections
    one = 2 * 254 * 2**12
    assert (population.integration.lowest, population.integration.highest) == (-one, one)
    assert population.integration.bias.tolist() == [one // 4, -one // 2]
    assert population.initial["v"].tolist() == [one // 2, 0]
    assert projection.weight.matrix.tolist() == [[-254, 0], [128, -64]]
    assert (projection.exponent, projection.delay_steps) == (12, 2)
    assert network.inputs[0].gain.values().tolist() == [one, 2 * one]
    assert network.readouts[0].weight.tolist() == [[3.0, 4.0]]
    assert (network.seed, network.sample_shape, network.provenance["from"]) == (9, (2,), "hand")


def test_a_readout_of_graded_messages_uses_their_scale():
    graph = replace(relaying(), readouts=(Readout("y", "error", np.array([[2.0]])),))
    network, _ = compile_graph(graph)
    assert network.readouts[0].weight == 2.0 * network.population("error").message_scale


def test_a_graded_message_takes_its_bits():
    network, _ = compile_graph(relaying(), Options(message_bits=7))
    assert network.population("error").emission.shift == 23 - 7
    assert message_range(network.population("error")) == (-128, 127)


def test_a_population_waits_for_the_scales_of_its_sources():
    """Even if the largest message is so large that its scale looks fixed."""
    for highest in (10.0, 1e6):
        network, _ = compile_graph(relaying(-highest, highest))
        assert abs(network.projections[0].weight.matrix).max() == 254


def test_sparse_weights_become_sparse():
    matrix = np.array([[-0.5, 0.0], [0.25, -0.125]])
    network, _ = compile_graph(counting(csr_array(matrix)))
    weight = network.projections[0].weight
    assert isinstance(weight, Sparse)
    assert [entry.tolist() for entry in weight.entries()] == [[0, 1, 1], [0, 0, 1], [-254, 128, -64]]
    assert isinstance(compile_graph(counting(matrix))[0].projections[0].weight, Dense)


def test_sparse_weights_given_twice_add_up():
    twice = csr_array((np.array([-0.3, -0.2, 0.25, -0.125]), np.array([0, 0, 0, 1]), np.array([0, 2, 4])))
    network, _ = compile_graph(counting(twice))
    assert [entry.tolist() for entry in network.projections[0].weight.entries()] == [
        [0, 1, 1],
        [0, 0, 1],
        [-254, 128, -64],
    ]


@settings(max_examples=40, deadline=None)
@given(random_graphs(), options)
def test_the_form_of_a_weight_does_not_matter(graph: Graph, chosen: Options):
    """Except for the last bit of a float sum, which may move a weight to the next mantissa."""
    sparse = tuple(replace(p, weight=csr_array(p.weight.to_dense())) for p in graph.projections)
    dense = tuple(replace(p, weight=p.weight.to_dense()) for p in graph.projections)
    one, other = (compile_graph(replace(graph, projections=form), chosen)[0] for form in (sparse, dense))
    for a, b in zip(one.projections, other.projections, strict=True):
        scale = one.population(a.target).state_scale / one.population(a.source).message_scale
        grid = weight_grid(chosen.weight_bits) * 2.0**a.exponent * scale
        assert np.abs(physical(one, a) - physical(other, b)).max() <= 1.001 * grid


# Zeros


def test_weights_that_are_all_zero():
    network, _ = compile_graph(counting(np.zeros((2, 2))))
    assert not network.projections[0].weight.matrix.any()


def test_a_state_that_can_only_be_zero():
    still = FloatPopulation("p", 1, FloatMemoryless(np.zeros(1), 0.0, 0.0), FloatGraded())
    network, _ = compile_graph(Graph("still", (still,)))
    assert network.populations[0].state_scale == 1.0
    assert message_range(network.populations[0]) == (0, 0)


def test_a_weight_from_a_population_that_sends_nothing():
    silent = FloatPopulation("s", 1, FloatMemoryless(np.zeros(1), -1.0, 1.0), FloatSilent())
    target = FloatPopulation("t", 1, FloatMemoryless(np.zeros(1), -1e-3, 1e-3), FloatSilent())
    compile_graph(Graph("silent", (silent, target), (FloatProjection("s->t", "s", "t", np.array([[100.0]])),)))


def test_log_rates_that_hardly_move():
    network, _ = compile_graph(counting(np.zeros((2, 2)), highest=1e-7))
    verify(network)


# Properties of all compiled networks


@settings(max_examples=120, deadline=None)
@given(random_graphs(), options)
def test_every_graph_compiles_to_a_legal_network_that_runs(graph: Graph, chosen: Options):
    network, report = compile_graph(graph, chosen)
    verify(network)
    assert {note.pass_name for note in report.notes} >= {"scales", "lower", "prove"}
    assert_states_and_messages_fit_their_bits(graph, network, chosen)
    assert_mantissas_are_on_their_grid(network, chosen)
    run(network, {p.name: np.zeros((1, p.size), np.int64) for p in network.populations}, 2)


def assert_states_and_messages_fit_their_bits(graph: Graph, network: CountNetwork, chosen: Options) -> None:
    largest = 2 ** (chosen.state_bits - 1) - 1
    for p in network.populations:
        assert -largest <= p.integration.lowest <= 0 <= p.integration.highest <= largest
        if isinstance(graph.population(p.name).emission, FloatGraded):
            low, high = message_range(p)
            assert -(2**chosen.message_bits) <= low <= high < 2**chosen.message_bits


def assert_mantissas_are_on_their_grid(network: CountNetwork, chosen: Options) -> None:
    for projection in network.projections:
        values = projection.weight.values()
        assert projection.exponent >= 0
        assert np.abs(values).max(initial=0) <= largest_mantissa(chosen.weight_bits)
        assert not (values % weight_grid(chosen.weight_bits)).any()


@settings(max_examples=50, deadline=None)
@given(random_models(), options, st.sampled_from([*CIRCUITS]))
def test_both_circuits_of_every_model_compile(model: PoissonVae, chosen: Options, circuit: str):
    verify(compile_graph(CIRCUITS[circuit].build(model), chosen)[0])


@settings(max_examples=60, deadline=None)
@given(random_graphs(), options)
def test_no_weight_is_off_by_more_than_half_a_grid(graph: Graph, chosen: Options):
    network, _ = compile_graph(graph, replace(chosen, weight_slices=1))
    for exact, counted in zip(graph.projections, network.projections, strict=True):
        scale = network.population(counted.target).state_scale / network.population(counted.source).message_scale
        half = weight_grid(chosen.weight_bits) / 2 * 2.0**counted.exponent * scale
        assert np.abs(physical(network, counted) - exact.weight.to_dense()).max() <= half * (1 + 1e-6)


@settings(max_examples=60, deadline=None)
@given(random_graphs(), options)
def test_two_slices_together_are_at_least_as_close_as_one(graph: Graph, chosen: Options):
    one, _ = compile_graph(graph, replace(chosen, weight_slices=1))
    two, _ = compile_graph(graph, replace(chosen, weight_slices=2))
    for exact, single in zip(graph.projections, one.projections, strict=True):
        weight = exact.weight.to_dense()
        slices = [p for p in two.projections if p.name.split("/")[0] == exact.name]
        coarse = np.abs(physical(one, single) - weight).max()
        fine = np.abs(sum(physical(two, p) for p in slices) - weight).max()
        assert fine <= coarse * (1 + 1e-9) + 1e-12 * np.abs(weight).max()


def test_two_slices_are_much_closer_than_one():
    weight = np.random.default_rng(0).normal(size=(2, 2))
    one, two = (compile_graph(counting(weight), Options(weight_slices=slices))[0] for slices in (1, 2))
    coarse = np.abs(physical(one, one.projections[0]) - weight).max()
    fine = np.abs(sum(physical(two, p) for p in two.projections) - weight).max()
    assert [p.name for p in two.projections] == ["p->p/high", "p->p/low"]
    assert fine < coarse / 64


@settings(max_examples=50, deadline=None)
@given(random_models(), options)
def test_the_largest_weight_is_the_largest_mantissa(model: PoissonVae, chosen: Options):
    """Unless even at exponent 0 the range of the state requires a coarser scale."""
    for circuit in CIRCUITS.values():
        network, _ = compile_graph(circuit.build(model), replace(chosen, weight_slices=1))
        for projection in network.projections:
            largest = int(np.abs(projection.weight.values()).max())
            assert projection.exponent == 0 or largest == largest_mantissa(chosen.weight_bits)


@settings(max_examples=50, deadline=None)
@given(random_models())
def test_half_of_the_24_bits_is_left_for_input(model: PoissonVae):
    network, _ = compile_graph(CIRCUITS["lateral-competition"].build(model))
    low, high = summed_range(network, network.populations[0])
    assert max(-low.min(), high.max()) <= STATE_MAX // 2


# Passes and options


@pytest.mark.parametrize("last", [*PASSES])
def test_any_pass_can_be_the_last(last: str):
    noun, report = run_passes(counting(), Options(weight_slices=2), last)
    assert isinstance(noun, CountNetwork if last in ("lower", "prove") else Graph)
    assert report.notes[-1].pass_name == last


def test_an_unknown_pass_is_named():
    with pytest.raises(
        QuantalError, match="no such pass\n  expected one of inputs, scales, slices, lower, prove, got polish"
    ):
        run_passes(counting(), Options(), "polish")


def test_lowering_before_scales_are_chosen_is_refused():
    with pytest.raises(QuantalError, match="population p: no scales chosen yet"):
        lower(counting(), Options(), Report())


@pytest.mark.parametrize(
    ("option", "value", "limits"),
    [
        ("weight_bits", 3, "4 to 8"),
        ("weight_bits", 9, "4 to 8"),
        ("weight_slices", 0, "1 to 2"),
        ("weight_slices", 3, "1 to 2"),
        ("state_bits", 9, "10 to 24"),
        ("state_bits", 25, "10 to 24"),
        ("message_bits", 1, "2 to 16"),
        ("message_bits", 17, "2 to 16"),
        ("state_bits", 12.0, "10 to 24"),
    ],
)
def test_options_out_of_range(option: str, value: Any, limits: str):
    with pytest.raises(QuantalError) as caught:
        Options(**{option: value})
    assert str(caught.value) == f"compile option {option}: out of range\n  expected {limits}, got {value!r}"


@pytest.mark.parametrize(("bits", "grid", "largest"), [(8, 2, 254), (7, 4, 252), (4, 32, 224)])
def test_grid_and_largest_mantissa(bits: int, grid: int, largest: int):
    assert (weight_grid(bits), largest_mantissa(bits)) == (grid, largest)


def test_the_report_says_what_each_pass_did():
    _, report = compile_graph(counting())
    texts = {(note.pass_name, note.subject): note.text for note in report.notes}
    assert texts["scales", "p"].startswith("1 in the state is 4.81e-07, 1 in a message is 1")
    assert texts["lower", "p->p"].startswith("exponent 12, mantissas up to 254, rounding at most 0.39% of its largest")
    assert "messages from 0 to 3" in texts["prove", "p"]
