"""The text form: equal only for networks with equal numbers, and short enough for a screen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.text import text, value_text
from quantal.neuro.neurons import Accumulator, Graded
from quantal.neuro.synapses import Dense

from support.networks import everything_network


def large(weight: int = 4) -> CountNetwork:
    matrix = np.full((300, 300), 2)
    matrix[17, 5] = weight
    population = Population("units", 300, Accumulator(np.arange(300)), Graded())
    return CountNetwork("large", (population,), (Projection("all", "units", "units", Dense(matrix), 3, 1),))


def test_a_network_by_hand():
    assert text(replace(large(), sample_shape=(2, 3), seed=7)).splitlines() == [
        "CountNetwork large: seed 7, samples 2×3, dialect lava-0.10",
        "population units: 300 units",
        "  Accumulator(bias=[300: 0 … 299 #98e038d3])",
        "  Graded()",
        "  scales: state 1, message 1",
        "projection all: units -> units, delay 3, times 2^1",
        "  Dense(matrix=[300×300: 2 … 4 #83694e4f])",
    ]


def test_a_single_different_weight_changes_the_text():
    assert text(large(4)) != text(large(6))


def test_every_part_has_a_line_that_fits_a_screen():
    network = everything_network()
    lines = text(network).splitlines()
    for part in (*network.populations, *network.projections):
        assert any(part.name in line for line in lines)
    assert max(map(len, lines)) < 250


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.zeros(0, np.int64), "[0: empty]"),
        (np.full((2, 3), 5), "[2×3: 5]"),
        (np.arange(4), "[0, 1, 2, 3]"),
        (np.array([0.5, 1 / 3]), "[0.5, 0.333333]"),
        (np.array([[0.5], [1 / 3]]), "[[0.5], [0.333333]]"),
        (np.arange(9) / 8, "[9: 0 … 1, mean 0.5]"),
        ((), "of any shape"),
        ((3, 4), "3×4"),
        (None, "None"),
        (2.0**-20, "9.53674e-07"),
    ],
)
def test_values(value: object, expected: str):
    assert value_text(value) == expected
