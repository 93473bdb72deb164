"""Moving a constant input into the bias changes no potential."""

from __future__ import annotations

import numpy as np
import pytest

from quantal.neuro.compile.importing.leaky_units import LeakyUnits, with_constant_input
from quantal.neuro.neurons import FloatSilent


def potentials(units: LeakyUnits, x: np.ndarray) -> np.ndarray:
    u, v, found = units.initial_u, units.initial_v, []
    for each in x:
        u = (1 - units.decay_u) * u + units.gain * each
        v = (1 - units.decay_v) * v + u + units.bias
        found.append(v)
    return np.array(found)


@pytest.mark.parametrize("decay_u", [0.2, 1.0])
def test_a_constant_in_the_bias_equals_one_that_arrives_at_every_step(decay_u: float):
    rng = np.random.default_rng(0)
    gain, bias, decay_v, initial_v = rng.random((4, 3))
    units = LeakyUnits(gain, bias, np.full(3, decay_u), decay_v, np.zeros(3), initial_v, FloatSilent())
    constant, x = np.array([1.0, -2.0, 0.0]), rng.normal(size=(40, 3))
    expected = potentials(units, x + constant)
    np.testing.assert_allclose(potentials(with_constant_input(units, constant), x), expected, rtol=1e-12)
