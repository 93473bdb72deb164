"""Hand-written runs on which every backend has to equal the reference, and more of them for fast backends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from quantal.neuro.arithmetic import STATE_MAX, Integers
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import Recording, Snapshot
from quantal.neuro.neurons import Accumulator, Cuba, Graded, Memoryless, PoissonCount, Silent, Spike
from quantal.neuro.simulate import reference
from quantal.neuro.synapses import Dense, Sparse

from support.networks import Case, everything_drive, everything_network

SOME = Recording(messages=("error", "latent"), states=("latent", "readout"))
RECORDINGS = (
    Recording(messages=(), states=()),
    Recording(messages=("readout", "latent"), states=()),
    Recording(messages=(), states=("residual",)),
    Recording(messages=None, states=("pacemaker", "error")),
)


def cases() -> dict[str, Case]:
    """Runs for every backend: few, but each with many features, because some backends take seconds to start."""
    network = everything_network()
    return {
        "everything, one sample": Case(network, everything_drive(1, 40), 40, 2**33),
        "everything, three samples": Case(network, strided(everything_drive(3, 40)), 40, 7, SOME),
        "extremes, one sample": Case(extreme_network(), extreme_drive(1, 8), 8),
        "extremes, two samples": Case(extreme_network(), extreme_drive(2, 8), 8),
        "longest delay": Case(slow_network(), {"p": np.zeros((2, 3), np.int64)}, 150),
        "delays of connections, one sample": Case(delayed_network(), delayed_drive(1, 30), 30),
        "delays of connections, two samples": Case(delayed_network(), delayed_drive(2, 30), 30),
    }


def more_cases() -> dict[str, Case]:
    """Additional runs for backends that start at once."""
    return dict((*batches(), *seeds_and_samples(), *lengths(), *recordings(), *resumed()))


def batches() -> Iterator[tuple[str, Case]]:
    """Batches that fill threads unevenly."""
    for batch in range(1, 21):
        yield f"batch {batch}", Case(everything_network(), everything_drive(batch, 15), 15)


def seeds_and_samples() -> Iterator[tuple[str, Case]]:
    """Other seeds, and draws of samples with large numbers."""
    for seed in (0, 2**63, 2**64 - 1):
        yield f"seed {seed}", Case(replace(everything_network(), seed=seed), everything_drive(3, 40, seed), 40)
    for first in (1, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 2):
        yield f"first sample {first}", Case(everything_network(), everything_drive(2, 8), 8, first_sample=first)


def lengths() -> Iterator[tuple[str, Case]]:
    """Runs of 0 and 1 steps, and a long one."""
    for steps, batch in ((0, 3), (1, 3), (300, 2)):
        yield f"{steps} steps", Case(everything_network(), everything_drive(batch, steps), steps)


def recordings() -> Iterator[tuple[str, Case]]:
    """Partial recordings, with strided input."""
    for number, recording in enumerate(RECORDINGS):
        yield f"recording {number}", Case(everything_network(), strided(everything_drive(9, 6)), 6, recording=recording)


def resumed() -> Iterator[tuple[str, Case]]:
    """Runs from a snapshot at several steps, where the ring buffers of messages are at different positions."""
    end = reference.run(everything_network(), everything_drive(2, 20, seed=9), 20).end
    assert end is not None
    for step in (1, 7, 61, 2**40):
        start = Snapshot(step, end.states, end.sent)
        yield f"resumed at {step}", Case(everything_network(), everything_drive(2, 9), 9, start=start)
    for steps in (1, 2, 5, 13):
        start = reference.run(delayed_network(), delayed_drive(2, steps), steps).end
        yield f"delays of connections, resumed at {steps}", Case(delayed_network(), delayed_drive(2, 9), 9, start=start)


def strided(drive: dict[str, Integers]) -> dict[str, Integers]:
    """The same numbers in non-contiguous memory."""
    return {name: np.repeat(value, 2, axis=-1)[..., ::2] for name, value in drive.items()}


def slow_network() -> CountNetwork:
    """The longest delay, the one before it, and the shortest, between units of which two have ranges of their own."""
    rng = np.random.default_rng(0)
    own = np.array([[-STATE_MAX, -80, -STATE_MAX], [250, 90, STATE_MAX]])
    summed = Accumulator(np.array([40, 20, 30]), decay=500, unit_range=own)
    sender = Population("p", 3, summed, PoissonCount(np.array([[9000, 30000]]), 23, 0))
    projections = [
        Projection(f"{delay}", "p", "p", Dense(rng.integers(-9, 9, (3, 3)) * 2), delay) for delay in (62, 61, 1)
    ]
    return CountNetwork("slow", (sender,), tuple(projections))


def delayed_network() -> CountNetwork:
    """Connections with their own delays, of spikes and of graded messages, beside projections with a single delay."""
    rng = np.random.default_rng(4)
    populations = (
        Population("layer", 6, Cuba(*(np.full(6, number) for number in (0, 0, 900, 70))), Spike(np.full(6, 40))),
        Population("graded", 4, Memoryless(np.array([9, -7, 5, 3]), -300, 300), Graded(2)),
    )
    projections = (
        Projection("lateral", "layer", "layer", *with_delays(rng, 6, 6, 5), 2),
        Projection("forward", "graded", "layer", *with_delays(rng, 6, 4, 7)),
        Projection("also forward", "graded", "layer", Dense(rng.integers(-9, 9, (6, 4)) * 2), 3),
        Projection("feedback", "layer", "graded", *with_delays(rng, 4, 6, 3), 1),
        Projection("equal delays", "layer", "graded", sparse(np.eye(4, 6, dtype=np.int64)), np.full(4, 2)),
    )
    return CountNetwork("delayed", populations, projections)


def with_delays(rng: np.random.Generator, targets: int, sources: int, longest: int) -> tuple[Sparse, Integers]:
    """A sparse weight, some of whose weights are 0, and the delay of each connection."""
    pairs = rng.permutation(targets * sources)[: targets * sources * 2 // 3]
    weight = Sparse(pairs // sources, pairs % sources, rng.integers(-9, 9, pairs.size) * 2, targets, sources)
    return weight, rng.integers(1, longest, pairs.size, endpoint=True)


def delayed_drive(batch: int, steps: int) -> dict[str, Integers]:
    """Input of both populations that changes at every step."""
    rng = np.random.default_rng(5)
    sizes = {"layer": 6, "graded": 4}
    return {name: rng.integers(-60, 60, (steps, batch, size)) for name, size in sizes.items()}


EXPONENTS = (0, 1, 9, 14, 16)
EXTREMES = {
    "mixed": np.array([[254, -256], [-256, 2]]),
    "odd": np.array([[255, 1], [3, 0]]),
    "negative odd": np.array([[-255, -1], [-3, 0]]),
    "zero": np.zeros((2, 2), np.int64),
}


def extreme_network() -> CountNetwork:
    """Largest and smallest weights of each sign mode with each exponent, and messages that fill the 24 bits."""
    populations: list[Population] = []
    projections: list[Projection] = []
    zeros = np.zeros(2, np.int64)
    for exponent in EXPONENTS:
        source = f"source {exponent}"
        most = largest_message(exponent)
        populations.append(Population(source, 2, Memoryless(zeros, lowest=-most, highest=most), Graded()))
        for number, (kind, whole) in enumerate(EXTREMES.items()):
            matrix = whole if exponent < 16 else whole // 8 * 2
            target = f"target {kind} {exponent}"
            populations.append(Population(target, 2, Memoryless(zeros), Silent()))
            weight = Dense(matrix) if exponent % 2 else sparse(matrix)
            projections.append(Projection(target, source, target, weight, 1 + number % 2, exponent))
    return CountNetwork("extreme", tuple(populations), tuple(projections))


def extreme_drive(batch: int, steps: int) -> dict[str, Integers]:
    """Messages of the largest size, of both signs."""
    rng = np.random.default_rng(0)
    return {
        f"source {exponent}": rng.integers(-1, 1, (steps, batch, 2), endpoint=True) * largest_message(exponent)
        for exponent in EXPONENTS
    }


def largest_message(exponent: int) -> int:
    """Largest message that the row of weights with the largest sum can take."""
    return max(1, STATE_MAX // (510 << exponent))


def sparse(matrix: Integers) -> Sparse:
    """A matrix as a list of its connections."""
    target, source = np.nonzero(matrix)
    return Sparse(target, source, matrix[target, source], *matrix.shape)
