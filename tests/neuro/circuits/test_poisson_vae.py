"""One float step of both circuits is the update of the paper, implemented here independently."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.neuro.circuits import CIRCUITS
from quantal.neuro.circuits.poisson_vae import (
    MAX_COUNT,
    RESIDUAL_BOUND,
    PoissonVae,
    lateral_competition,
    predictive_coding,
)
from quantal.neuro.compile import compile_graph
from quantal.neuro.network.graph import Graph
from quantal.neuro.simulate.drive import apply_gain
from quantal.neuro.simulate.reference import run

from support.graphs import random_models

seeds = st.integers(0, 2**32 - 1)


def step(graph: Graph, name: str, state: np.ndarray, sample: np.ndarray, messages: dict[str, np.ndarray]) -> np.ndarray:
    """State of one population after a step in which these messages arrive."""
    population = graph.population(name)
    a = sum(p.weight.apply(messages[p.source]) for p in graph.arriving(name))
    a = a + sum(apply_gain(entry, sample) for entry in graph.inputs if entry.target == name)
    (variable,) = population.integration.states
    return population.integration.step({variable: state}, np.asarray(a))[variable]


def situation(model: PoissonVae, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log-rates, counts and a raw sample."""
    rng = np.random.default_rng(seed)
    features, latents = model.dictionary.shape
    sample = model.input_scale * rng.normal(size=(1, features))
    return rng.uniform(*bounds(model), (1, latents)), rng.integers(0, 5, (1, latents)), sample


def bounds(model: PoissonVae) -> tuple[float, float]:
    lowest, highest = model.log_rate_bounds
    return lowest, min(highest, float(np.log(MAX_COUNT / 2)))


def updated(model: PoissonVae, v: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """`v + η (Φᵀ σ⁻² residual − c)`, computed unit by unit and clipped to its bounds."""
    log_rates = v.copy()
    for unit in range(v.shape[1]):
        pull = sum(
            model.dictionary[feature, unit] * residual[0, feature] / model.noise_scale[feature] ** 2
            for feature in range(residual.shape[1])
        )
        log_rates[0, unit] += model.step * (pull - model.drift[unit])
    return np.clip(log_rates, *bounds(model))


@settings(max_examples=60, deadline=None)
@given(random_models(), seeds)
def test_a_step_of_lateral_competition(model: PoissonVae, seed: int):
    v, counts, sample = situation(model, seed)
    residual = sample / model.input_scale - counts @ model.dictionary.T
    np.testing.assert_allclose(
        step(lateral_competition(model), "latent", v, sample, {"latent": counts}),
        updated(model, v, residual),
        rtol=1e-9,
        atol=1e-9,
    )


@settings(max_examples=60, deadline=None)
@given(random_models(), seeds)
def test_a_step_of_predictive_coding(model: PoissonVae, seed: int):
    v, counts, sample = situation(model, seed)
    residual = sample / model.input_scale - counts @ model.dictionary.T
    limit = RESIDUAL_BOUND * model.noise_scale.max()
    messages = {"latent": counts, "error": residual}
    np.testing.assert_allclose(
        step(predictive_coding(model), "error", 0 * residual, sample, messages),
        np.clip(residual, -limit, limit),
        rtol=1e-9,
        atol=1e-9,
    )
    np.testing.assert_allclose(
        step(predictive_coding(model), "latent", v, sample, messages), updated(model, v, residual), rtol=1e-9, atol=1e-9
    )


@settings(max_examples=30, deadline=None)
@given(random_models(), st.sampled_from([*CIRCUITS]), st.integers(0, 2**64 - 1))
def test_a_circuit_defines_inputs_readouts_and_initial_states(model: PoissonVae, circuit: str, seed: int):
    graph = CIRCUITS[circuit].build(model, seed)
    assert (graph.seed, graph.sample_shape) == (seed, model.sample_shape)
    np.testing.assert_array_equal(graph.readouts[0].weight, model.dictionary * model.input_scale)
    initial = graph.population("latent").initial["v"]
    np.testing.assert_array_equal(initial, np.clip(model.initial_log_rate, *bounds(model)))


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_the_integer_network_takes_the_float_step(circuit: str):
    """From the initial state without input, where nothing has been sent yet: off by at most 1 in the state."""
    model = random_model()
    graph = CIRCUITS[circuit].build(model)
    network, _ = compile_graph(graph)
    latents = model.dictionary.shape[1]
    v = run(network, {"latent": np.zeros((1, latents), np.int64)}, 1).states["latent"]["v"][0, 0]
    expected = np.clip(graph.population("latent").initial["v"] - model.step * model.drift, *bounds(model))
    assert (
        np.abs(v * network.population("latent").state_scale - expected).max()
        <= 1.01 * network.population("latent").state_scale
    )


def random_model() -> PoissonVae:
    rng = np.random.default_rng(4)
    return PoissonVae(
        rng.normal(size=(6, 9)),
        0.1,
        rng.uniform(0.1, 1, 9),
        rng.uniform(0.5, 1, 6),
        rng.normal(size=9),
        (-6.0, 4.0),
        9.0,
        (2, 3),
    )
