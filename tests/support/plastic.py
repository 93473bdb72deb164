"""Networks that learn: a hand-written one with every feature of plasticity, and random ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from quantal.neuro.arithmetic import Integers
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import Recording
from quantal.neuro.neurons import Accumulator, Graded, Memoryless
from quantal.neuro.protocols import Weight
from quantal.neuro.synapses import Dense, Sparse
from quantal.neuro.synapses.plasticity import Outer, Term

from support.networks import (
    MAKE_WEIGHT,
    POPULATIONS_MAX,
    PROJECTIONS_MAX,
    Case,
    Draw,
    random_drive,
    random_population,
    random_projection,
)

SOURCES, TARGETS = 6, 5


def learning_network(weight: Weight | None = None) -> CountNetwork:
    """Two rules with several terms, delays and a decay, and a projection that shares the weights of the first."""
    weight = weight or Dense(2 * np.random.default_rng(0).integers(-3, 4, (TARGETS, SOURCES)))
    populations = (
        Population("a", SOURCES, Accumulator(0, decay=400, lowest=-100, highest=100), Graded(2)),  # pyright: ignore
        Population("b", TARGETS, Accumulator(0, decay=700, lowest=-60, highest=60), Graded(1)),  # pyright: ignore
        Population("c", TARGETS, Memoryless(0, lowest=-500, highest=500), Graded()),  # pyright: ignore
    )
    rule = Outer((Term("b", "a"), Term("c", "a", 2, 3, -1), Term("b", "a", pre_delay=3)), 5, 60, 3)
    back = Dense(np.zeros((SOURCES, TARGETS), np.int64))
    projections = (
        Projection("shared", "a", "c", weight, 1, 2, shares="learned"),
        Projection("learned", "a", "b", weight, 2, 1, rule),
        Projection("back", "b", "a", back, plasticity=Outer((Term("a", "b", 1, 2),), 3, 100)),
    )
    return CountNetwork("learning", populations, projections)


def learning_drive(batch: int, steps: int) -> dict[str, Integers]:
    """Changing input for one population, constant input for another."""
    rng = np.random.default_rng(1)
    return {"a": rng.integers(-30, 31, (steps, batch, SOURCES)), "c": rng.integers(-9, 10, (batch, TARGETS))}


def thin_weight() -> Sparse:
    """Connections between less than a quarter of all pairs, one of them with a weight of 0, out of order."""
    target, source = np.array([4, 0, 2, 0]), np.array([5, 3, 0, 0])
    return Sparse(target, source, np.array([2, 0, -4, 6]), TARGETS, SOURCES)


def masked_weight() -> Sparse:
    """Connections between most pairs."""
    target, source = np.nonzero(np.arange(TARGETS)[:, np.newaxis] != np.arange(SOURCES))
    return Sparse(target, source, np.zeros(target.size, np.int64), TARGETS, SOURCES)


def learning_cases() -> dict[str, Case]:
    """Runs for every backend."""
    recording = Recording(weights_every=3)
    return {
        "every pair": Case(learning_network(), learning_drive(2, 25), 25, recording=recording),
        "few pairs": Case(learning_network(thin_weight()), learning_drive(1, 25), 25, recording=recording),
    }


@st.composite
def random_learning_networks(draw: Draw) -> Case:
    """Small legal networks in which some projections learn and others share what they learn."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    names = [f"population {number}" for number in range(draw(st.integers(1, POPULATIONS_MAX)))]
    populations = [random_population(draw, rng, name) for name in names]
    ends = draw(st.lists(st.tuples(*[st.sampled_from(populations)] * 2), min_size=1, max_size=PROJECTIONS_MAX))
    projections: list[Projection] = []
    for number, pair in enumerate(ends):
        made = random_projection(draw, rng, f"projection {number}", *pair)
        if not number or draw(st.booleans()):
            made = random_learner(draw, rng, made, populations)
        projections.append(made)
    for number in range(draw(st.integers(0, 2))):
        projections.append(random_sharer(draw, f"sharer {number}", projections, populations))
    network = CountNetwork("random", tuple(populations), tuple(projections), seed=draw(st.integers(0, 2**64 - 1)))
    batch, steps = draw(st.integers(1, 3)), draw(st.integers(0, 12))
    driven = draw(st.lists(st.sampled_from(populations), min_size=1, unique=True))
    drive = {population.name: random_drive(draw, rng, network, population, batch, steps) for population in driven}
    recording = Recording(weights_every=draw(st.sampled_from([1, 5])))
    return Case(network, drive, steps, draw(st.sampled_from([0, 2**40])), recording)


def random_learner(
    draw: Draw, rng: np.random.Generator, projection: Projection, populations: list[Population]
) -> Projection:
    """The same projection with a rule of any terms, and weights that it can give."""
    targets, sources = projection.weight.shape
    terms = tuple(
        Term(
            draw(st.sampled_from([p.name for p in populations if p.size == targets])),
            draw(st.sampled_from([p.name for p in populations if p.size == sources])),
            draw(st.integers(1, 4)),
            draw(st.integers(1, 4)),
            draw(st.sampled_from([1, -1])),
        )
        for _ in range(draw(st.integers(1, 3)))
    )
    limit, decay = draw(st.sampled_from([1, 7, 100])), draw(st.sampled_from([0, 0, 1, 900, 4096]))
    rule = Outer(terms, draw(st.sampled_from([0, 1, 4, 16])), limit, decay)
    weight = draw(st.sampled_from([MAKE_WEIGHT[Dense], MAKE_WEIGHT[Sparse]]))(draw, rng, targets, sources)
    values = rule.weights(rng.integers(-9, 9, weight.values().size) << rule.shift)
    return replace(projection, weight=weight.with_values(values), exponent=0, plasticity=rule)


def random_sharer(draw: Draw, name: str, projections: list[Projection], populations: list[Population]) -> Projection:
    """Another projection with the weights of one that learns, between any populations of the same sizes."""
    learner = draw(st.sampled_from([p for p in projections if p.plasticity]))
    targets, sources = learner.weight.shape
    target = draw(st.sampled_from([p.name for p in populations if p.size == targets]))
    source = draw(st.sampled_from([p.name for p in populations if p.size == sources]))
    return Projection(name, source, target, learner.weight, draw(st.integers(1, 4)), 0, shares=learner.name)
