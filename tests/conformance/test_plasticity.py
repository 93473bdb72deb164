"""Weights that learn: every backend gives the tags, weights and messages of the reference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conformance.test_backends import assert_equal
from hypothesis import given, settings

from quantal.neuro import engine
from quantal.neuro.arithmetic import Integers
from quantal.neuro.network.count_network import Input, Population, Projection
from quantal.neuro.network.trace import Recording, Trace
from quantal.neuro.neurons import Graded, Memoryless
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.drive import encode
from quantal.neuro.synapses import Dense, Sparse
from quantal.neuro.synapses.plasticity import Outer, Term

from support.networks import Case
from support.plastic import (
    SOURCES,
    TARGETS,
    learning_cases,
    learning_drive,
    learning_network,
    masked_weight,
    random_learning_networks,
    thin_weight,
)
from support.traces import assert_same, assert_same_arrays

CASES = learning_cases()
EXAMPLES = {"engine": 60, "brian2 in NumPy": 3}
STEPS, BATCH = 20, 3


@pytest.mark.parametrize("name", ["engine", "brian2", "brian2 in NumPy", "lava-fused"])
def test_every_pair(name: str):
    assert_equal(name, CASES["every pair"])


@pytest.mark.parametrize("name", ["engine", "brian2", "lava"])
def test_few_pairs(name: str):
    assert_equal(name, CASES["few pairs"])


def test_most_pairs():
    network = learning_network(masked_weight())
    assert_equal("engine", Case(network, learning_drive(BATCH, STEPS), STEPS, recording=Recording(weights_every=1)))


@pytest.mark.parametrize("name", ["engine", "brian2 in NumPy"])
def test_no_pairs(name: str):
    nowhere = np.zeros(0, np.int64)
    network = learning_network(Sparse(nowhere, nowhere, nowhere, TARGETS, SOURCES))
    assert_equal(name, Case(network, learning_drive(1, 5), 5, recording=Recording(weights_every=1)))


@pytest.mark.parametrize("name", EXAMPLES)
def test_random_networks(name: str):
    @settings(max_examples=EXAMPLES[name], deadline=None)
    @given(random_learning_networks())
    def equal(case: Case):
        assert_equal(name, case)

    equal()


@pytest.mark.parametrize("sizes", [(64, 64), (70, 130), (1, 200), (200, 1)])
def test_vectors_of_any_length(sizes: tuple[int, int]):
    """Kernels learn 64 connections at a time, and the rest alone."""
    targets, sources = sizes
    rng = np.random.default_rng(targets)
    populations = tuple(
        Population(
            name, size, Memoryless(np.zeros(size, np.int64), -40, 40), learning_network().populations[2].emission
        )
        for name, size in (("a", sources), ("b", targets))
    )
    weight = Dense(2 * rng.integers(-9, 10, sizes))
    rule = Outer((Term("b", "a"), Term("b", "a", 2, 2, -1)), 4, 90, 5)
    network = replace(
        learning_network(), populations=populations, projections=(Projection("w", "a", "b", weight, plasticity=rule),)
    )
    drive = {"a": rng.integers(-40, 41, (12, 2, sources))}
    assert_equal("engine", Case(network, drive, 12, recording=Recording(weights_every=4)))


def test_a_batch_may_be_split():
    """Each sample learns its own weights."""
    network, drive, recording = learning_network(), learning_drive(BATCH, STEPS), Recording(weights_every=4)
    whole = engine.run(network, drive, STEPS, recording)
    parts = [engine.run(network, sample_of(drive, number), STEPS, recording) for number in range(BATCH)]
    for name in whole.weights:
        assert np.array_equal(whole.weights[name], np.concatenate([part.weights[name] for part in parts], axis=1))
        assert len(np.unique(whole.weights[name][-1], axis=0)) == BATCH


def sample_of(drive: dict[str, Integers], number: int) -> dict[str, Integers]:
    return {name: value[..., number : number + 1, :] for name, value in drive.items()}


@pytest.mark.parametrize("first", [1, 7, 8])
def test_resumed_runs_equal_whole_ones(first: int):
    network, drive, recording = learning_network(), learning_drive(BATCH, STEPS), Recording(weights_every=4)
    for run in (reference.run, engine.run):
        whole = run(network, drive, STEPS, recording)
        start = run(network, {**drive, "a": drive["a"][:first]}, first, recording)
        rest = run(network, {**drive, "a": drive["a"][first:]}, STEPS - first, recording, start=start.end)
        assert rest.end is not None
        assert whole.end is not None
        assert_same_arrays(rest.end.weights, whole.end.weights)
        assert np.array_equal(np.concatenate([start.weight_steps, rest.weight_steps]), whole.weight_steps)
        for name, expected in whole.weights.items():
            assert np.array_equal(np.concatenate([start.weights[name], rest.weights[name]]), expected)


def test_weights_are_recorded_after_complete_periods():
    trace = engine.run(learning_network(), learning_drive(1, STEPS), STEPS, Recording((), (), weights_every=6))
    assert trace.weight_steps.tolist() == [5, 11, 17]
    assert {name: value.shape for name, value in trace.weights.items()} == {"learned": (3, 1, 30), "back": (3, 1, 30)}


@pytest.mark.parametrize("weight", [None, thin_weight()])
def test_a_source_that_never_changes_is_summed_with_every_new_weight(weight: Dense | None):
    """The engine sums other constant messages once."""
    network = learning_network(weight)
    constant = Population("constant", 6, Memoryless(np.full(6, 9), -9, 9), Graded())
    sharer = Projection("from constant", "constant", "c", network.projections[1].weight, shares="learned")
    network = replace(
        network,
        populations=(*network.populations, constant),
        projections=(*network.projections, sharer),
    )
    assert_equal("engine", Case(network, learning_drive(2, STEPS), STEPS))


def test_inference_learns():
    sampled = replace(learning_network(), inputs=(Input("x", "a", np.ones(6)),))
    samples = np.random.default_rng(0).integers(-20, 20, (5, 6)).astype(float)
    recording = Recording(("c",), (), weights_every=5)
    got = engine.infer(sampled, samples, STEPS, recording)
    expected = engine.run(sampled, encode(sampled, samples), STEPS, recording)
    assert_same_arrays(got.messages, expected.messages)
    assert_same_arrays(got.weights, expected.weights)


def test_a_silent_network_forgets():
    """Tags leak also where nothing is sent."""
    rule = Outer((Term("b", "a"),), 6, 60, decay=1000)
    network = learning_network()
    learner = replace(network.projections[1], plasticity=rule, weight=Dense(np.full((5, 6), 100)))
    network = replace(network, projections=(learner,))
    trace: Trace = engine.run(network, {"a": np.zeros((1, 6), np.int64)}, 60, Recording(weights_every=1))
    assert_same(trace, reference.run(network, {"a": np.zeros((1, 6), np.int64)}, 60, Recording(weights_every=1)))
    assert (np.diff(trace.weights["learned"], axis=0) <= 0).all()
    assert (trace.weights["learned"][-1] < 100 // 2 << 6).all()
