"""Units with ranges of their own saturate there, on the reference and the engine, and the proof of sums knows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quantal.neuro import engine
from quantal.neuro.compile import compile_graph
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.bounds import message_range, summed_range, unit_message_ranges
from quantal.neuro.network.count_network import CountNetwork, Input, Population, Projection
from quantal.neuro.network.files import content_hash, load_network, save_network
from quantal.neuro.network.graph import FloatPopulation, Graph
from quantal.neuro.network.verify import verify
from quantal.neuro.neurons import (
    Accumulator,
    Carry,
    FloatAccumulator,
    FloatCarry,
    FloatGraded,
    FloatMemoryless,
    Graded,
    Memoryless,
    Silent,
)
from quantal.neuro.protocols import FloatIntegration, Integration
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.drive import encode
from quantal.neuro.synapses import Dense

OWN = np.array([[-100, -3, 0, 2], [100, 4, 0, 90]])
ZERO = np.zeros(4, np.int64)
KINDS: list[Any] = [
    Accumulator(ZERO, 0, -100, 100, unit_range=OWN),
    Accumulator(ZERO, 300, -100, 100, "wrap", unit_range=OWN),
    Memoryless(ZERO, -100, 100, unit_range=OWN),
    Memoryless(ZERO, -100, 100, "wrap", unit_range=OWN),
    Carry(ZERO, 2, -100, 100, unit_range=OWN),
]


def alone(integration: Integration) -> CountNetwork:
    return CountNetwork("alone", (Population("p", 4, integration, Graded()),))


@pytest.mark.parametrize("kind", KINDS)
def test_each_unit_stays_in_its_range_and_reaches_both_ends(kind: Any):
    drive = {"p": np.random.default_rng(0).integers(-400, 401, (60, 3, 4))}
    trace = reference.run(alone(kind), drive, 60)
    v = trace.states["p"]["v"]
    assert (v.min(axis=(0, 1)) >= OWN[0]).all()
    assert (v.max(axis=(0, 1)) <= OWN[1]).all()
    assert np.array_equal(v[..., 1:].min(axis=(0, 1)), OWN[0, 1:])
    assert np.array_equal(v[..., 1:].max(axis=(0, 1)), OWN[1, 1:])
    fast = engine.run(alone(kind), drive, 60)
    assert np.array_equal(fast.states["p"]["v"], v)


def test_the_proof_uses_the_range_of_each_source():
    units = Population("p", 4, Memoryless(ZERO, -100, 100, unit_range=OWN), Graded(1))
    total = Population("sum", 2, Accumulator(np.zeros(2, np.int64)), Silent())
    wire = Projection("wire", "p", "sum", Dense(np.array([[2, 4, 8, 2], [-2, 0, 4, -6]])))
    network = CountNetwork("n", (units, total), (wire,))
    low, high = unit_message_ranges(units)
    # The fourth sends 1 to 45, and 0 before the first step.
    assert (low.tolist(), high.tolist()) == ([-50, -2, 0, 0], [50, 2, 0, 45])
    assert message_range(units) == (-50, 50)
    assert [end.tolist() for end in summed_range(network, total)] == [[-108, -370], [198, 100]]
    without = replace(units, integration=replace(units.integration, unit_range=None))
    looser = summed_range(replace(network, populations=(without, total)), total)
    assert [end.tolist() for end in looser] == [[-800, -600], [800, 600]]


def test_sums_that_only_single_ranges_keep_small_are_accepted():
    """Weights of 254 and messages up to 2^23 fit no accumulator, but those of these units do."""
    wide = 2**22
    own = np.array([[0, 0, 0, 0], [wide, 3, 3, 3]])
    units = Population("p", 4, Memoryless(ZERO, -wide, wide, unit_range=own), Graded())
    total = Population("sum", 1, Accumulator(np.zeros(1, np.int64)), Silent())
    wire = Projection("wire", "p", "sum", Dense(np.array([[0, 254, 254, 254]])))
    verify(CountNetwork("n", (units, total), (wire,)))
    loose = replace(units, integration=replace(units.integration, unit_range=None))
    with pytest.raises(QuantalError, match="the sum of unit 0 can reach"):
        verify(CountNetwork("n", (loose, total), (wire,)))


@pytest.mark.parametrize(
    ("own", "text"),
    [
        (OWN[:, :3], r"unit_range is int64 \(2, 3\), expected int64 \(2, 4\): lowest and highest v of each unit"),
        (OWN * 1.0, r"unit_range is float64 \(2, 4\), expected int64 \(2, 4\)"),
        ([1, 2], "unit_range is a list, expected int64"),
        (OWN[::-1], "unit_range of unit 0 is 100 to -100, expected a range within -100 to 100"),
        (OWN * 2, "unit_range of unit 0 is -200 to 200, expected a range within -100 to 100"),
    ],
)
def test_ranges_that_are_none_are_refused(own: Any, text: str):
    with pytest.raises(QuantalError, match=f"population p: {text}"):
        verify(alone(Memoryless(ZERO, -100, 100, unit_range=own)))


def test_files_keep_them_and_those_without_have_their_old_hash(tmp_path):
    made = alone(KINDS[0])
    save_network(made, tmp_path / "network")
    back = load_network(tmp_path / "network")
    assert np.array_equal(back.populations[0].integration.unit_range, OWN)
    plain = alone(replace(KINDS[0], unit_range=None))
    assert content_hash(back) == content_hash(made) != content_hash(plain)


@pytest.mark.parametrize("kind", [FloatAccumulator, FloatMemoryless, FloatCarry])
def test_ranges_in_physical_units_are_compiled(kind: type[FloatIntegration]):
    own = np.array([[-1.0, -0.25], [1.0, 0.5]])
    more = {"bits": 2} if kind is FloatCarry else {}
    made = kind(bias=np.zeros(2), lowest=-1.0, highest=1.0, unit_range=own, **more)
    graph = Graph("g", (FloatPopulation("p", 2, made, FloatGraded()),), (), (Input("x", "p", np.ones(2)),))
    network, _ = compile_graph(graph)
    (units,) = network.populations
    assert np.abs(units.integration.unit_range * units.state_scale - own).max() < 1e-6
    drive = np.rint(np.full((1, 2), 0.9) / made.sum_scale(units.state_scale)).astype(np.int64)
    v = reference.run(network, {"p": drive}, 9).states["p"]["v"][-1, 0] * units.state_scale
    expected = {"v": np.zeros((1, 2))}
    for _ in range(9):
        expected = made.step(expected, np.array([[0.9, 0.9]]))
    np.testing.assert_allclose(v, expected["v"][0], atol=1e-5)
    assert expected["v"][0, 1] == 0.5


def test_samples_beyond_the_range_of_a_unit_are_refused():
    network = replace(alone(Memoryless(ZERO, -100, 100, unit_range=OWN)), inputs=(Input("x", "p", np.ones(4)),))
    assert encode(network, np.array([[-100.0, 4, 0, 90]]))
    with pytest.raises(QuantalError, match=r"at \(0, 1\)\n  expected -3 to 4, got 5"):
        encode(network, np.array([[0.0, 5, 0, 9]]))
