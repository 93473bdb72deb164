"""Nobody can change a network after it is verified, and the arrays that it was made from stay their owner's."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from quantal.neuro.network.count_network import CountNetwork, Input, Population, Projection, Readout
from quantal.neuro.network.frozen import frozen
from quantal.neuro.network.graph import FloatPopulation
from quantal.neuro.neurons import Accumulator, FloatAccumulator, FloatSpike, Spike
from quantal.neuro.synapses import Dense, FloatConvolution


def network(given: dict[str, Any]) -> CountNetwork:
    units = Population("p", 2, Accumulator(given["bias"]), Spike(given["threshold"]), given["initial"])
    loop = Projection("loop", "p", "p", Dense(given["matrix"]))
    inputs = (Input("x", "p", given["gain"]),)
    return CountNetwork("n", (units,), (loop,), inputs, (Readout("y", "p", given["readout"]),))


def arrays_of(made: CountNetwork) -> dict[str, np.ndarray]:
    (units,) = made.populations
    return {
        "bias": units.integration.bias,
        "threshold": units.emission.threshold_mant,
        "initial": units.initial["v"],
        "matrix": made.projections[0].weight.matrix,
        "gain": made.inputs[0].gain.values(),
        "readout": made.readouts[0].weight,
    }


@pytest.fixture
def given() -> dict[str, Any]:
    """Views whose base their owner can write to."""
    vector, matrix, real = np.zeros((2, 2), np.int64), np.zeros((3, 2), np.int16), np.zeros((3, 2))
    views = {"bias": vector[0], "threshold": vector[1], "matrix": matrix[:2], "gain": real[:2], "readout": real[:2]}
    return {**views, "initial": {"v": np.zeros(2, np.int64)}}


def test_the_arrays_of_a_network_are_read_only_and_its_makers_are_not(given: dict[str, Any]):
    made = network(given)
    for name, array in arrays_of(made).items():
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 5
        own = given["initial"]["v"] if name == "initial" else given[name]
        (own if own.base is None else own.base)[...] = 7
        assert not array.any(), name


def test_mappings_cannot_change(given: dict[str, Any]):
    provenance, made = {"from": "a test"}, network(given)
    made = replace(made, provenance=provenance)
    given["initial"]["v"] = np.ones(2, np.int64)
    provenance["from"] = "elsewhere"
    assert not made.populations[0].initial["v"].any()
    assert made.provenance == {"from": "a test"}
    for mapping in (made.populations[0].initial, made.provenance):
        assert isinstance(mapping, MappingProxyType)


def test_graphs_hold_initial_states_and_parameters_of_their_own():
    bias, start = np.zeros(2), {"v": np.zeros(2)}
    made = FloatPopulation("p", 2, FloatAccumulator(bias, -1.0, 1.0), FloatSpike(np.ones(2)), start)
    bias[0] = start["v"][0] = np.nan
    assert not made.integration.bias.any()
    assert not made.initial["v"].any()


def test_what_is_frozen_is_copied_no_more(given: dict[str, Any]):
    made = network(given)
    again = replace(made, seed=1, projections=(replace(made.projections[0], delay_steps=2),))
    for (name, array), other in zip(arrays_of(made).items(), arrays_of(again).values(), strict=True):
        assert np.shares_memory(array, other), name
    assert frozen(made.projections[0].weight) is made.projections[0].weight


def test_an_array_given_away_is_not_copied():
    matrix = np.zeros((2, 2), np.int16)
    matrix.flags.writeable = False
    assert Projection("loop", "p", "p", Dense(matrix)).weight.matrix is matrix
    assert frozen(matrix[:1]).base is matrix


def test_a_read_only_view_of_an_array_that_can_change_is_copied():
    matrix = np.zeros((2, 2), np.int64)
    seen = np.broadcast_to(matrix, (2, 2))
    assert not seen.flags.writeable
    assert not np.shares_memory(frozen(seen), matrix)


def test_a_frozen_kind_keeps_its_other_fields():
    kernel = FloatConvolution(np.ones((1, 1, 3, 3)), (1, 4, 4), padding=(1, 1))
    made = frozen(kernel)
    assert made is not kernel
    assert (made.input_shape, made.padding, made.shape) == (kernel.input_shape, kernel.padding, kernel.shape)
    assert not made.values().flags.writeable
