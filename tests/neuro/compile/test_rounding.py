"""What the report says about rounding is true: the error of each weight, bits that are lost, slices that are empty."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from quantal.neuro.compile import Options, Report, compile_graph
from quantal.neuro.compile.mantissa import RoundingError, rounding_error
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Input, Projection
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph, SampleRange
from quantal.neuro.network.graph_files import load_graph, save_graph
from quantal.neuro.network.text import text
from quantal.neuro.neurons import FloatAccumulator, FloatGraded, FloatPoissonCount, FloatSilent
from quantal.neuro.synapses import FloatDense, FloatSparse

from support.graphs import random_graphs


def summing(*weights: np.ndarray, bound: float = 1.0) -> Graph:
    """Counts that project to one sum by several projections."""
    sources = weights[0].size
    counts = FloatPopulation("counts", sources, FloatAccumulator(np.zeros(sources), -1.0, 1.0), FloatPoissonCount(1))
    total = FloatPopulation("sum", 1, FloatAccumulator(np.zeros(1), -bound, bound), FloatSilent())
    wires = (FloatProjection(f"w{n}", "counts", "sum", weight[None]) for n, weight in enumerate(weights))
    return Graph("summing", (counts, total), tuple(wires))


def notes(report: Report, pass_name: str, subject: str) -> list[str]:
    return [note.text for note in report.notes if (note.pass_name, note.subject) == (pass_name, subject)]


def stored(network: CountNetwork, projection: Projection) -> np.ndarray:
    """Weights in physical units."""
    source, target = network.population(projection.source), network.population(projection.target)
    scale = 2.0**projection.exponent * target.state_scale / source.message_scale
    return projection.weight.apply(np.eye(projection.weight.shape[1], dtype=np.int64)).T * scale


@settings(max_examples=30, deadline=None)
@given(random_graphs())
def test_the_error_that_is_reported_is_that_of_the_stored_weights(graph: Graph):
    network, report = compile_graph(graph)
    for exact, made in zip(graph.projections, network.projections, strict=True):
        weight, off = exact.weight.to_dense(), stored(network, made) - exact.weight.to_dense()
        largest = np.abs(weight).max() or 1.0
        count = max(1, exact.weight.values().size)
        expected = RoundingError(np.abs(off).max() / largest, np.sqrt((off**2).sum() / count) / largest)
        found = notes(report, "lower", exact.name)[0].partition(", rounding ")[2]
        numbers = [float(part.split("%")[0].split()[-1]) for part in found.split(", ")]
        assert numbers == pytest.approx([100 * expected.largest, 100 * expected.rms], abs=0.0051)


@pytest.mark.parametrize(
    "form", [FloatDense, lambda matrix: FloatSparse(matrix[0], np.arange(3), np.array([0, 3]), (1, 3))]
)
def test_the_error_is_relative_to_the_largest_weight(form):
    error = rounding_error(form(np.array([[4.0, -2.0, 0.5]])), form(np.array([[0.0, -0.4, 0.3]])))
    assert error.largest == pytest.approx(0.1)
    assert error.rms == pytest.approx(0.5 / np.sqrt(3) / 4)
    assert str(error) == "rounding at most 10.00% of its largest weight, 7.22% rms"


def test_weights_of_zero_have_no_error():
    assert rounding_error(FloatDense(np.zeros((1, 2))), FloatDense(np.zeros((1, 2)))) == RoundingError(0.0, 0.0)


@pytest.mark.parametrize(
    ("weak", "text"),
    [
        (2.0**-5, "would need exponent -2, networks have 0 or more: the lowest 2 bits of its weights are lost"),
        (2.0**-14, "would need exponent -11, networks have 0 or more: all its weights are rounded to 0"),
    ],
)
def test_bits_that_no_exponent_can_hold_are_reported(weak: float, text: str):
    network, report = compile_graph(summing(np.array([1.0, -0.5]), weak * np.array([1.0, -0.5]), bound=4095.0))
    strong, lost = (notes(report, "lower", name) for name in ("w0", "w1"))
    assert len(strong) == 1
    assert lost[1].startswith(text)
    assert lost[1].endswith("; what else limits sum sets it")
    assert network.projections[1].exponent == 0
    assert network.projections[1].weight.values().any() == ("lowest" in text)


def test_two_slices_report_what_they_are_together():
    weight = np.array([1.0, -1 / 3])
    network, report = compile_graph(summing(weight), Options(weight_slices=2))
    assert [p.name for p in network.projections] == ["w0/high", "w0/low"]
    (note,) = notes(report, "slices", "w0")
    off = np.abs(sum(stored(network, p) for p in network.projections) - weight).max()
    assert note.startswith(f"two slices, together rounding at most {off:.2%} of its largest weight, ")
    assert off < 1e-4


def test_a_second_slice_without_weights_is_left_out():
    network, report = compile_graph(summing(np.array([1.0, -0.3]), bound=2.0**15), Options(weight_slices=2))
    assert [p.name for p in network.projections] == ["w0"]
    (note,) = notes(report, "slices", "w0")
    error = notes(report, "lower", "w0")[0].partition(", rounding ")[2]
    assert note == f"one slice, because all of the second would be 0; rounding {error}"
    assert not error.startswith("at most 0.00%")


def test_a_network_states_the_range_of_its_samples():
    made = replace(summing(np.ones(1)), inputs=(Input("x", "counts", np.ones(1)),), sample_range=SampleRange(0.0, 1.0))
    assert compile_graph(made)[0].provenance["sample_range"] == "0.0 1.0"
    assert "sample_range" not in compile_graph(replace(made, sample_range=None))[0].provenance


# Bits of messages


def loop(bits: int | None) -> Graph:
    units = FloatAccumulator(np.zeros(2), -1.0, 1.0)
    graded = FloatPopulation("a", 2, units, FloatGraded(), message_bits=bits)
    other = FloatPopulation("b", 2, units, FloatGraded())
    wires = (FloatProjection(f"{one}->{two}", one, two, np.eye(2)) for one, two in ("ab", "ba"))
    return Graph("loop", (graded, other), tuple(wires))


def test_a_population_can_have_message_bits_of_its_own():
    network, _ = compile_graph(loop(5), Options(message_bits=12))
    largest = [p.emission.message_range(p.integration.lowest, p.integration.highest)[1] for p in network.populations]
    assert [int(np.max(high)).bit_length() for high in largest] == [5, 12]


def test_without_bits_of_its_own_it_has_those_of_the_options():
    assert text(compile_graph(loop(None), Options(message_bits=5))[0]) == text(
        compile_graph(replace(loop(5), populations=tuple(replace(p, message_bits=5) for p in loop(5).populations)))[0]
    )


@pytest.mark.parametrize("bits", [1, 17, 8.0])
def test_message_bits_out_of_range_are_refused(bits):
    with pytest.raises(
        QuantalError, match=rf"population a: message_bits is {bits}, expected a whole number from 2 to 16"
    ):
        loop(bits)


def test_message_bits_are_kept_in_files_and_shown(tmp_path):
    save_graph(loop(5), tmp_path / "graph")
    assert load_graph(tmp_path / "graph").population("a").message_bits == 5
    assert "  scales: state None, message None in 5 bits\n" in text(loop(5))
