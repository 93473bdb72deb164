"""The twin as a Brian2 user sees it: groups and synapses to inspect, run and extend."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import brian2
import numpy as np
import pytest

from quantal.neuro.arithmetic import Integers
from quantal.neuro.brian import exact
from quantal.neuro.brian.exact.groups import population_equations
from quantal.neuro.draws import DRAW_RANGE
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.neurons import EMISSIONS, Accumulator, Graded, register_emission
from quantal.neuro.protocols import Equations, State
from quantal.neuro.simulate import reference
from quantal.neuro.synapses import Dense

from support.networks import everything_drive, everything_network


@pytest.fixture(autouse=True)
def numpy_target(monkeypatch):
    monkeypatch.setitem(brian2.prefs, "codegen.target", "numpy")


def chain(*names: str) -> CountNetwork:
    """Populations of two units, each sending to the next with a delay of 3."""
    populations = tuple(
        Population(name, 2, Accumulator(np.array([1, -2]), lowest=-900, highest=900), Graded()) for name in names
    )
    projections = tuple(
        Projection(f"{one} to {other}", one, other, Dense(np.array([[2, -4], [6, 8]])), delay_steps=3, exponent=1)
        for one, other in pairwise(names)
    )
    return CountNetwork("chain", populations, projections)


def test_a_twin_runs_in_pieces_and_past_the_recorded_steps():
    network, drive = everything_network(), everything_drive(2, 20)
    twin = exact.build(network, drive, 20)
    for steps in (7, 13, 5):
        twin.network.run(steps * brian2.ms)
    expected = reference.run(network, drive, 20)
    for name, messages in expected.messages.items():
        np.testing.assert_array_equal(twin.messages[name], messages)


def test_a_twin_takes_monitors():
    network = chain("first", "second")
    drive = {"first": np.array([[5, 6], [-7, 8], [9, 0]])}
    twin = exact.build(network, drive, 0)
    monitor = brian2.StateMonitor(twin.groups["second"], ["v", "a"], record=True, clock=twin.groups["second"].clock)
    twin.network.add(monitor)
    twin.network.run(9 * brian2.ms)
    states = reference.run(network, drive, 9).states["second"]["v"].reshape(9, 6)
    np.testing.assert_array_equal(np.asarray(monitor.v)[:, 1:], states[:-1].T)


def test_synapses_repeat_the_weights_for_each_sample():
    twin = exact.build(chain("first", "second"), {"first": np.zeros((2, 2), np.int64)}, 0)
    synapses = twin.synapses["first to second"]
    connections = list(zip(synapses.i[:].tolist(), synapses.j[:].tolist(), synapses.weight[:].tolist(), strict=True))
    first = [(0, 0, 4), (1, 0, -8), (0, 1, 12), (1, 1, 16)]
    assert sorted(connections) == sorted(first + [(i + 2, j + 2, w) for i, j, w in first])


def test_names_that_brian2_would_confuse_are_distinguished():
    network = chain("é b", "e_b", "é_b", "1")
    drive = {"é b": np.array([[5, 6]])}
    np.testing.assert_array_equal(
        exact.run(network, drive, 12).messages["1"], reference.run(network, drive, 12).messages["1"]
    )


@dataclass(frozen=True)
class Above(Graded):
    """Sends the excess of v over its own `lowest`, a name that an accumulator uses too."""

    def equations(self) -> Equations:
        return Equations(
            "message = (v - lowest) * int(v > lowest) + rank_in_bias(0 * v, v)",
            constants={"lowest": -5},
            tables={"bias": np.array([[-3, 7]])},
        )


def test_constants_of_the_same_name_in_both_kinds_are_distinguished(monkeypatch):
    monkeypatch.setattr(EMISSIONS, "_entries", {**EMISSIONS._entries})
    register_emission(Above)
    population = Population("p", 1, Accumulator(np.array([0]), lowest=-100, highest=100), Above())
    integration, emission = population_equations(population)
    assert not {*integration.constants, *integration.vectors} & {*emission.constants, *emission.tables}
    drive = {"p": np.array([[[-9]], [[3]], [[4]], [[10]]])}
    trace = exact.run(CountNetwork("n", (population,)), drive, 4)
    assert trace.states["p"]["v"].ravel().tolist() == [-9, -6, -2, 8]
    assert trace.messages["p"].ravel().tolist() == [0, 0, 3 + 1, 13 + 2]


@dataclass(frozen=True)
class Triangular(Graded):
    """Sends the difference of two draws."""

    def draw_count(self, size: int) -> int:
        return 2 * size

    def step(self, own: State, v: Integers, uniform: Integers) -> tuple[Integers, State, Integers]:
        return uniform[:, : v.shape[1]] - uniform[:, v.shape[1] :], own, v

    def message_range(self, lowest: int, highest: int) -> tuple[int, int]:
        return 1 - DRAW_RANGE, DRAW_RANGE - 1

    def equations(self) -> Equations:
        return Equations("message = uniform - uniform_1")


def test_units_may_need_several_draws(monkeypatch):
    monkeypatch.setattr(EMISSIONS, "_entries", {**EMISSIONS._entries})
    register_emission(Triangular)
    network = CountNetwork("n", (Population("p", 5, Accumulator(np.zeros(5, np.int64)), Triangular()),))
    drive = {"p": np.zeros((2, 5), np.int64)}
    got, expected = exact.run(network, drive, 3), reference.run(network, drive, 3)
    np.testing.assert_array_equal(got.messages["p"], expected.messages["p"])
    assert len(np.unique(got.messages["p"])) == 30


def test_illegal_networks_and_drives_are_refused():
    network = everything_network()
    with pytest.raises(QuantalError, match="seed"):
        exact.run(replace(network, seed=-1), everything_drive(1, 2), 2)
    with pytest.raises(QuantalError, match="drive of latent"):
        exact.build(network, {"latent": np.zeros((1, 4), np.int64)}, 2)
