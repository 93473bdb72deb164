"""Numbers at the edges at which the engine computes in another way: bytes, blocks of a table, pieces of a run."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from quantal.neuro import engine
from quantal.neuro.engine.packed_run import pack_run
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import Recording, initial_snapshot
from quantal.neuro.neurons import Accumulator, Graded, Memoryless, PoissonCount
from quantal.neuro.neurons.poisson_count import cumulative_table
from quantal.neuro.simulate import reference
from quantal.neuro.synapses import Dense

from support.networks import everything_drive, everything_network
from support.traces import assert_same


@pytest.mark.parametrize(
    "weights", [(127, 1), (128, 1), (129, 1), (255, 1), (-127, -1), (-128, -1), (-129, -1), (-256, 254), (-256, 2)]
)
def test_weights_at_the_edge_of_a_byte(weights: tuple[int, int]):
    source = Population("source", 2, Accumulator(np.zeros(2, np.int64), 4095, -100, 100), Graded(0))
    target = Population("target", 1, Accumulator(np.zeros(1, np.int64)), Graded(0))
    projection = Projection("p", "source", "target", Dense(np.array([weights])))
    network = CountNetwork("edges", (source, target), (projection,))
    drive = {"source": np.array([[1, -3], [100, 7]])}
    assert_same(engine.run(network, drive, 6), reference.run(network, drive, 6))


@pytest.mark.parametrize("columns", [1, 15, 16, 17, 31, 32, 33, 40, 47, 48, 49, 63])
def test_counts_as_large_as_the_table_is_wide(columns: int):
    """Rates around the number of columns, so that the search ends in every block, also past the last full one."""
    log_rates = np.log(np.linspace(0.1, 2.0 * columns, 64))
    emission = PoissonCount(cumulative_table(log_rates, columns), 0, 0)
    population = Population("p", 64, Memoryless(np.arange(64)), emission)
    network = CountNetwork("wide", (population,), ())
    drive = {"p": np.zeros((3, 64), np.int64)}
    trace = engine.run(network, drive, 40)
    assert trace.messages["p"].max() == columns
    assert_same(trace, reference.run(network, drive, 40))


@pytest.mark.parametrize("at_once", [1, 3, 7])
def test_a_single_sample_in_pieces(monkeypatch: pytest.MonkeyPatch, at_once: int):
    """A run of many weights stops between pieces to notice an interrupt, and goes on where it was."""
    network, drive, recording = everything_network(), everything_drive(1, 20), Recording()
    packed = pack_run(network, drive, range(1), initial_snapshot(network, 1), recording)
    weights = packed.projections.values.size + packed.memory.size
    monkeypatch.setattr(sys.modules["quantal.neuro.engine.run"], "WEIGHTS_AT_ONCE", at_once * weights)
    reported: list[int] = []
    trace = engine.run(network, drive, 20, progress=lambda done, _: reported.append(done))
    assert reported == [*range(at_once, 20, at_once), 20]
    assert_same(trace, reference.run(network, drive, 20))
