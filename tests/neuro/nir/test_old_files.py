"""A NIR file of an earlier version is read to the graph from which it was written."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from quantal.neuro.neurons import FloatCuba, FloatSpike
from quantal.neuro.nir import from_graph, read_nir, to_graph

OLD = Path(__file__).parents[2] / "support" / "old_files" / "graph.nir"
DT = 0.001


def test_metadata_under_former_names_is_read():
    file = read_nir(OLD)
    assert file.nodes["spiking"].metadata.keys() == {
        "lowest", "highest", "quantal_lsb", "quantal_message_unit", "quantal_reset", "quantal_refractory_steps",
    }  # fmt: skip
    (population,) = to_graph(file, DT).populations
    assert (population.state_scale, population.message_scale) == (2.0**-20, 0.5)
    assert isinstance(population.emission, FloatSpike)
    assert (population.emission.reset, population.emission.refractory_steps) == ("subtract", 1)
    assert isinstance(population.integration, FloatCuba)
    assert (population.integration.lowest, population.integration.highest) == (-4.0, 4.0)
    np.testing.assert_array_equal(population.integration.bias, [0.125, 0.125])


def test_it_is_written_again_under_the_present_names():
    graph = to_graph(read_nir(OLD), DT)
    metadata = from_graph(graph, DT, in_metadata=("reset", "refractory_steps")).nodes["spiking"].metadata
    assert (metadata["quantal_state_scale"], metadata["quantal_message_scale"]) == (2.0**-20, 0.5)
    assert not metadata.keys() & {"quantal_lsb", "quantal_message_unit"}
