"""Paths: linear maps and delays in series and in parallel, against the same sums computed signal by signal."""

from __future__ import annotations

import numpy as np

from quantal.neuro.compile.importing.weighted_sums import LinearMap, WeightedSum, delayed, mapped, signal, total
from quantal.neuro.synapses import FloatDense

RNG = np.random.default_rng(0)
FIRST = LinearMap(FloatDense(RNG.normal(size=(4, 3))), RNG.normal(size=4))
SECOND = LinearMap(FloatDense(RNG.normal(size=(2, 4))), RNG.normal(size=2))


def evaluated(found: WeightedSum, signals: dict[str, np.ndarray], t: int) -> np.ndarray:
    late = (weight.to_dense() @ signals[source][t - steps] for (source, steps), weight in found.weights.items())
    return found.constant + sum(late)


def test_maps_in_series_become_one():
    x = RNG.normal(size=(1, 3))
    found = mapped(SECOND, "second", mapped(FIRST, "first", signal("x", 3)))
    expected = SECOND.weight.matrix @ (FIRST.weight.matrix @ x[0] + FIRST.constant) + SECOND.constant
    np.testing.assert_allclose(evaluated(found, {"x": x}, 0), expected)
    assert [*found.last_maps.values()] == ["second"]


def test_a_path_is_split_by_the_delays_of_its_targets():
    x = RNG.normal(size=(5, 3))
    found = delayed(np.array([0, 2, 0, 1]), mapped(LinearMap(FIRST.weight, np.zeros(4)), "first", signal("x", 3)))
    assert sorted(found.weights) == [("x", 0), ("x", 1), ("x", 2)]
    expected = [FIRST.weight.matrix[row] @ x[4 - steps] for row, steps in enumerate((0, 2, 0, 1))]
    np.testing.assert_allclose(evaluated(found, {"x": x}, 4), expected)
    later = delayed(np.full(4, 3), found)
    assert sorted(later.weights) == [("x", 3), ("x", 4), ("x", 5)]


def test_parallel_paths_add_up_and_have_no_single_last_map():
    x = RNG.normal(size=(1, 3))
    both = total([mapped(FIRST, "one", signal("x", 3)), mapped(FIRST, "other", signal("x", 3))], 4)
    np.testing.assert_allclose(evaluated(both, {"x": x}, 0), 2 * (FIRST.weight.matrix @ x[0] + FIRST.constant))
    assert both.last_maps == {("x", 0): ""}
