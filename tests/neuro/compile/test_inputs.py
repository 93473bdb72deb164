"""Samples on the chip: an input population and synapses where the host would compute a current."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.neuro import engine
from quantal.neuro.circuits.poisson_vae import PoissonVae, lateral_competition, predictive_coding
from quantal.neuro.compile import Options, compile_graph, run_passes
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.bounds import message_range
from quantal.neuro.network.count_network import CountNetwork, Input
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph, SampleRange
from quantal.neuro.network.inputs import host_share
from quantal.neuro.network.latency import latency_steps
from quantal.neuro.neurons import FloatAccumulator, FloatCuba, FloatSilent, FloatSpike
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.drive import encode
from quantal.neuro.simulate.floats import simulate_states
from quantal.neuro.synapses import FloatConvolution

CHIP, HOST = Options(input="chip"), Options(input="host")
SPIKES, INTENSITIES = SampleRange(0.0, 1.0, step=1.0), SampleRange(0.0, 1.0)


def layers(seed: int = 0, samples: SampleRange | None = INTENSITIES) -> Graph:
    """Recurrent spiking units, not at rest and with a bias, some without memory, and a read-out."""
    rng = np.random.default_rng(seed)
    decay_u, decay_v = np.array([0.3, 0.3, 1.0, 0.2]), np.array([0.2, 1.0, 0.5, 0.1])
    hidden = FloatCuba(rng.normal(0, 0.2, 4), decay_u, decay_v, -60.0, 60.0)
    start = {"u": rng.normal(0, 0.1, 4), "v": rng.normal(0, 0.3, 4), "refractory_left": np.array([0.0, 0, 1, 0])}
    readout = FloatCuba(np.zeros(2), np.ones(2), np.full(2, 0.1), -60.0, 60.0)
    return Graph(
        "layers",
        (
            FloatPopulation("hidden", 4, hidden, FloatSpike(np.ones(4), refractory_steps=1), start),
            FloatPopulation("out", 2, readout, FloatSilent()),
        ),
        (
            FloatProjection("recur", "hidden", "hidden", rng.normal(size=(4, 4))),
            FloatProjection("read", "hidden", "out", rng.normal(size=(2, 4))),
        ),
        (Input("sample", "hidden", rng.normal(size=(4, 6))), Input("past", "out", rng.normal(size=(2, 6)))),
        sample_shape=(6,),
        sample_range=samples,
    )


def on_chip(graph: Graph, options: Options = CHIP) -> Graph:
    made, _ = run_passes(graph, options, "inputs")
    assert isinstance(made, Graph)
    return made


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**16))
def test_in_floats_everything_happens_one_step_later_and_nothing_else_changes(seed: int):
    graph, samples = layers(seed), np.random.default_rng(seed).random((12, 2, 6))
    made = on_chip(graph)
    before = simulate_states(graph, samples, 12, ["hidden", "out"])
    after = simulate_states(made, np.concatenate([samples, samples[:1]]), 13, ["hidden", "out"])
    np.testing.assert_array_equal(after.messages["hidden"][1:], before.messages["hidden"])
    np.testing.assert_allclose(after.states["out"]["v"][1:], before.states["out"]["v"], atol=1e-12)
    assert {name: steps - 1 for name, steps in latency_steps(made).items() if name != "input"} == latency_steps(graph)


def test_a_graph_whose_inputs_are_on_the_chip_stays_as_it_is():
    made = on_chip(layers())
    assert on_chip(made) is made
    assert [entry.name for entry in made.inputs] == ["sample"]
    assert [p.name for p in made.projections] == ["input->hidden", "input->out", "recur", "read"]


def test_names_that_are_taken_get_a_number():
    graph = layers()
    taken = replace(graph.populations[1], name="input")
    renamed = [replace(p, target="input") if p.target == "out" else p for p in graph.projections]
    inputs = tuple(replace(entry, target="input") if entry.target == "out" else entry for entry in graph.inputs)
    made = on_chip(replace(graph, populations=(graph.populations[0], taken), projections=(*renamed,), inputs=inputs))
    assert [p.name for p in made.populations] == ["input 2", "hidden", "input"]


def counting(weight: np.ndarray, samples: SampleRange) -> CountNetwork:
    """Units that add up what arrives."""
    unit = FloatPopulation("sum", len(weight), FloatAccumulator(np.zeros(len(weight)), -100.0, 100.0), FloatSilent())
    graph = Graph("counting", (unit,), (), (Input("sample", "sum", weight),), sample_range=samples)
    return compile_graph(graph, CHIP)[0]


def test_counts_enter_as_they_are_and_are_multiplied_by_integer_weights():
    """Sums by hand: the largest weight, 2, is mantissa 254, so one unit of the state is 2 / (254 · 2^exponent)."""
    network = counting(np.array([[2.0, -1.0, 0.5]]), SampleRange(0.0, 7.0, step=1.0))
    assert message_range(network.population("input")) == (0, 7)
    (projection,) = network.projections
    assert projection.weight.values().tolist() == [254, -128, 64]
    samples = np.array([[[3.0, 7.0, 1.0]], [[0.0, 2.0, 0.0]], [[1.0, 1.0, 1.0]]])
    drive = encode(network, samples)
    assert drive["input"].tolist() == [[[3, 7, 1]], [[0, 2, 0]], [[1, 1, 1]]]
    for run in (reference.run, engine.run):
        v = run(network, drive, 3).states["sum"]["v"][:, 0, 0] >> projection.exponent
        assert v.tolist() == [0, 3 * 254 - 7 * 128 + 64, 3 * 254 - 9 * 128 + 64]


def test_analogue_samples_are_rounded_to_eight_bits():
    network = counting(np.array([[2.0, -1.0]]), SampleRange(-0.5, 1.0))
    assert message_range(network.population("input")) == (-128, 255)
    assert encode(network, np.array([[0.5, -0.5]]))["input"].tolist() == [[128, -128]]


def test_samples_get_fewer_bits_where_weights_would_be_coarser_than_samples():
    """18 bits of a sum hold few products of 8 by 8 bits."""
    rng = np.random.default_rng(0)
    unit = FloatPopulation("u", 3, FloatCuba(np.zeros(3), np.ones(3), np.ones(3), -30.0, 30.0), FloatSpike(np.ones(3)))
    graph = Graph("dense", (unit,), (), (Input("s", "u", rng.uniform(-0.2, 0.2, (3, 200))),), sample_range=INTENSITIES)
    network, report = compile_graph(graph, CHIP)
    levels = network.population("input").integration.highest
    mantissas = np.abs(network.projections[0].weight.values()).max()
    assert levels == 15
    assert 2 * levels <= mantissas < 2 * (2 * levels + 1) * 2
    assert report.notes[0].text == "200 features arrive as messages of at most 15, a step later"
    spiking = replace(graph, sample_range=SPIKES)
    assert compile_graph(spiking, CHIP)[0].population("input").integration.highest == 1


@pytest.mark.parametrize(
    ("graph", "options", "text"),
    [
        (layers(), HOST, "60.0% of all synapses stay on the host"),
        (
            layers(samples=None),
            CHIP,
            "60.0% of all synapses stay on the host, because the graph doesn't state its sample_range",
        ),
    ],
    ids=["asked for", "range unknown"],
)
def test_inputs_that_stay_on_the_host_are_reported(graph: Graph, options: Options, text: str):
    made, report = run_passes(graph, options, "inputs")
    assert made is graph
    assert [note.text for note in report.notes] == [text]


def test_the_share_of_synapses_on_the_host():
    """A connection of weight 0 is none, a diagonal gain has none, and a kernel has one for each pixel that it reads."""
    graph = layers()
    assert host_share(graph) == 36 / (36 + 24)
    assert host_share(compile_graph(graph, HOST)[0]) == 36 / (36 + 24)
    assert host_share(compile_graph(graph, CHIP)[0]) == 0
    kernel = FloatConvolution(np.array([[[[1.0, 2.0, 3.0]]]]), (1, 2, 2), padding=(0, 1))
    assert host_share(replace(graph, inputs=(Input("image", "hidden", kernel),))) == 8 / (8 + 24)
    sparse = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, -1.0], [2.0, 0.0]])
    assert host_share(replace(graph, inputs=(Input("few", "hidden", sparse),))) == 3 / (3 + 24)
    assert host_share(replace(graph, inputs=(Input("each", "hidden", np.ones(4)),))) == 0


@pytest.mark.parametrize("enter", [encode, lambda network, samples: engine.infer(network, samples, 3)])
def test_samples_beyond_the_range_are_refused(enter: Callable[[CountNetwork, np.ndarray], object]):
    network = counting(np.array([[2.0, -1.0]]), INTENSITIES)
    with pytest.raises(QuantalError) as caught:
        enter(network, np.array([[0.5, 0.5], [2.0, 0.5]]))
    assert str(caught.value).splitlines() == [
        "input sample of network counting: a sample is outside the range of the input population, at (1, 0)",
        "  expected 0 to 1, got 2",
        "  scale the samples, or compile with a wider sample range or with input from the host",
    ]


def test_a_unit_that_would_fire_before_the_first_sample_is_refused():
    graph = layers()
    start = {"v": np.array([2.0, 0, 0, 0]), "refractory_left": np.zeros(4)}
    with pytest.raises(QuantalError, match="unit 0 starts above its threshold"):
        on_chip(replace(graph, populations=(replace(graph.populations[0], initial=start), graph.populations[1])))


@pytest.mark.parametrize("given", [SampleRange(0.0, 0.0), SampleRange(0.5, 1.0), SampleRange(0.0, 1.0, -1.0)])
def test_impossible_ranges_are_refused(given: SampleRange):
    with pytest.raises(QuantalError, match=r"expected lowest <= 0 <= highest, one of them not 0, and a step of 0"):
        layers(samples=given)


def test_options_name_where_inputs_are():
    with pytest.raises(QuantalError, match="compile option input: no such place"):
        Options(input="cloud")


def test_the_bias_of_the_poisson_vae_stays_on_the_host_unless_its_range_is_stated():
    """Whitened patches have no natural range; a bias of prediction errors has no synapses."""
    rng = np.random.default_rng(0)
    model = PoissonVae(rng.normal(size=(6, 4)), 0.1, np.ones(4), np.ones(6), np.zeros(4), (-5.0, 2.0), 1.0, (2, 3))
    lateral, predictive = lateral_competition(model), predictive_coding(model)
    assert host_share(compile_graph(lateral)[0]) == 24 / (24 + 16)
    assert host_share(compile_graph(predictive)[0]) == 0
    stated = compile_graph(replace(lateral, sample_range=SampleRange(-4.0, 4.0)))[0]
    assert host_share(stated) == 0
    samples = rng.uniform(-4.0, 4.0, (3, 6))
    drive = encode(stated, samples)
    expected = reference.run(stated, drive, 20).messages["latent"]
    assert expected.any()
    assert np.array_equal(engine.run(stated, drive, 20).messages["latent"], expected)
