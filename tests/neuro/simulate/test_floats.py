"""The float simulator against its equations written out, population by population."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from quantal.neuro.network.count_network import Input
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.neurons import FloatAccumulator, FloatGraded, FloatMemoryless, FloatPoissonCount
from quantal.neuro.simulate.floats import simulate, simulate_states

RNG = np.random.default_rng(1)
FORWARD, BACK, GAIN, EXTRA = (RNG.normal(size=shape) for shape in [(3, 4), (4, 3), (3, 2), (4, 2)])
SAMPLES = RNG.normal(size=(5, 2))
BIAS = np.array([0.1, -0.1, 0.2, 0.0])


def loop(emission=None, form=np.asarray) -> Graph:
    """A leaky sum u, and an error e = x − W m(u) that feeds back with a delay of two steps."""
    total = FloatPopulation(
        "u", 4, FloatAccumulator(BIAS, -2.0, 1.5, decay=0.25), emission or FloatGraded(), {"v": np.full(4, 0.5)}
    )
    error = FloatPopulation("e", 3, FloatMemoryless(np.zeros(3), -1.0, 1.0), FloatGraded(0.1))
    projections = (FloatProjection("u->e", "u", "e", form(-FORWARD)), FloatProjection("e->u", "e", "u", form(BACK), 2))
    return Graph("loop", (total, error), projections, (Input("x", "e", GAIN),))


def written_out(steps: int, emit) -> tuple[np.ndarray, np.ndarray]:
    """The same network in plain NumPy; `emit` turns u into its message."""
    u = np.full((5, 4), 0.5)
    us, es = [np.zeros((5, 4))], [np.zeros((5, 3))] * 2
    for _ in range(steps):
        e = np.clip(SAMPLES @ GAIN.T - us[-1] @ FORWARD.T, -1, 1)
        u = np.clip(0.75 * u + es[-2] @ BACK.T + BIAS, -2, 1.5)
        us.append(emit(u))
        es.append(np.where(np.abs(e) > 0.1, e, 0))
    return np.array(us[1:]), np.array(es[2:])


@pytest.mark.parametrize("form", [np.asarray, csr_array])
def test_a_loop_of_graded_messages(form):
    messages = simulate(loop(form=form), SAMPLES, 12)
    us, es = written_out(12, lambda u: u)
    np.testing.assert_allclose(messages["u"], us, atol=1e-12)
    np.testing.assert_allclose(messages["e"], es, atol=1e-12)


def test_a_loop_of_counts_with_the_same_generator():
    generator = np.random.default_rng(7)
    us, es = written_out(12, lambda u: np.minimum(generator.poisson(np.exp(u)), 3))
    messages = simulate(loop(FloatPoissonCount(3)), SAMPLES, 12, seed=7)
    np.testing.assert_array_equal(messages["u"], us)
    np.testing.assert_allclose(messages["e"], es, atol=1e-12)


def test_inputs_of_one_population_add_up():
    inputs = (Input("x", "u", EXTRA), Input("y", "u", 2 * EXTRA))
    messages = simulate(replace(loop(), inputs=inputs), SAMPLES, 1)
    expected = np.clip(0.75 * 0.5 + 3 * SAMPLES @ EXTRA.T + BIAS, -2, 1.5)
    np.testing.assert_allclose(messages["u"][0], expected, atol=1e-12)


def test_only_late_steps_are_recorded():
    whole, late = simulate(loop(), SAMPLES, 9), simulate(loop(), SAMPLES, 9, record_from=6)
    np.testing.assert_array_equal(late["u"], whole["u"][6:])


@pytest.mark.parametrize(("steps", "record_from"), [(0, 0), (3, 3), (3, 9)])
def test_an_empty_recording_has_a_shape(steps: int, record_from: int):
    assert simulate(loop(), SAMPLES, steps, record_from)["e"].shape == (0, 5, 3)


def test_samples_without_input_draw_independently():
    population = FloatPopulation("p", 50, FloatMemoryless(np.ones(50), -2.0, 2.0), FloatPoissonCount(20))
    messages = simulate(Graph("g", (population,)), np.zeros((3, 2)), 4)["p"]
    assert messages.shape == (4, 3, 50)
    assert (messages[:, 0] != messages[:, 1]).any()


def test_progress_counts_the_steps():
    reported: list[tuple[int, int]] = []
    simulate(loop(), SAMPLES, 3, progress=lambda *numbers: reported.append(numbers))
    assert reported == [(1, 3), (2, 3), (3, 3)]


def test_samples_are_not_changed():
    samples = SAMPLES.astype(np.float32)
    before = samples.copy()
    simulate(loop(), samples, 3)
    np.testing.assert_array_equal(samples, before)


def test_samples_may_change_with_the_step():
    changing = RNG.normal(size=(6, 5, 2))
    messages = simulate(loop(), changing, 6)
    for step in range(1, 7):
        np.testing.assert_array_equal(simulate(loop(), changing[:step], step)["e"], messages["e"][:step])
    held = simulate(loop(), np.tile(SAMPLES, (6, 1, 1)), 6)
    np.testing.assert_array_equal(held["u"], simulate(loop(), SAMPLES, 6)["u"])
    first = np.clip(changing[0] @ GAIN.T, -1, 1)
    np.testing.assert_allclose(messages["e"][0], np.where(np.abs(first) > 0.1, first, 0), atol=1e-12)


def test_states_of_some_populations():
    trace = simulate_states(loop(), SAMPLES, 9, ["u"], record_from=6)
    assert [(name, *states) for name, states in trace.states.items()] == [("u", "v")]
    np.testing.assert_array_equal(trace.states["u"]["v"], trace.messages["u"])
    np.testing.assert_array_equal(trace.messages["e"], simulate(loop(), SAMPLES, 9)["e"][6:])
    assert simulate_states(loop(), SAMPLES, 3, ["e"], record_from=3).states["e"]["v"].shape == (0, 5, 3)
