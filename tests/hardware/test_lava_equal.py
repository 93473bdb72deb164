"""Both partitions on Lava equal the reference: every state and message, at every step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantal.hardware.lava import run, run_fused, run_process
from quantal.neuro.arithmetic import STATE_MAX, Integers
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import EVERYTHING, Recording, Trace
from quantal.neuro.neurons import Graded, Memoryless, Silent
from quantal.neuro.simulate import reference
from quantal.neuro.synapses import Dense, Sparse

from support.networks import Case, everything_drive, everything_network, random_networks

Backend = Callable[..., Trace]
SOME = Recording(messages=("error", "latent"), states=("latent", "readout"))


def assert_equal(got: Trace, expected: Trace) -> None:
    assert got.network == expected.network
    assert got.messages.keys() == expected.messages.keys()
    assert got.states.keys() == expected.states.keys()
    for name, message in expected.messages.items():
        np.testing.assert_array_equal(got.messages[name], message, name, strict=True)
    for name, states in expected.states.items():
        assert got.states[name].keys() == states.keys()
        for state, value in states.items():
            np.testing.assert_array_equal(got.states[name][state], value, f"{name} {state}", strict=True)


@pytest.mark.parametrize(
    ("batch", "backend", "name", "recording"),
    [
        (1, run_process, "lava", EVERYTHING),
        (3, run_process, "lava", SOME),
        (1, run_fused, "lava-fused", SOME),
        (3, run_fused, "lava-fused", EVERYTHING),
    ],
)
def test_everything(batch: int, backend: Backend, name: str, recording: Recording) -> None:
    network, drive = everything_network(), everything_drive(batch, steps=40)
    trace = backend(network, drive, 40, recording, 7)
    assert trace.backend == name
    assert_equal(trace, reference.run(network, drive, 40, recording, 7))


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(case=random_networks(), partition=st.sampled_from(["process", "fused"]))
def test_random_networks(case: Case, partition: str) -> None:
    assert_equal(run(**case._asdict(), partition=partition), reference.run(**case._asdict()))


@pytest.mark.parametrize("batch", [1, 2])
def test_extreme_weights_messages_and_exponents(batch: int) -> None:
    network, drive = extreme_network(), extreme_drive(batch, steps=8)
    trace = run_process(network, drive, 8)
    assert_equal(trace, reference.run(network, drive, 8))
    reached = max(int(np.abs(state["v"]).max()) for name, state in trace.states.items() if name.startswith("target"))
    assert reached > 0.9 * STATE_MAX


EXPONENTS = (0, 1, 9, 14, 16)
WEIGHTS = {
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
        most = message_most(exponent)
        populations.append(Population(source, 2, Memoryless(zeros, lowest=-most, highest=most), Graded()))
        for number, (kind, whole) in enumerate(WEIGHTS.items()):
            matrix = whole if exponent < 16 else whole // 8 * 2
            target = f"target {kind} {exponent}"
            populations.append(Population(target, 2, Memoryless(zeros), Silent()))
            weight = Dense(matrix) if exponent % 2 else sparse(matrix)
            projections.append(Projection(target, source, target, weight, 1 + number % 2, exponent))
    return CountNetwork("extreme", tuple(populations), tuple(projections))


def extreme_drive(batch: int, steps: int) -> dict[str, Integers]:
    rng = np.random.default_rng(0)
    return {
        f"source {exponent}": rng.integers(-1, 1, (steps, batch, 2), endpoint=True) * message_most(exponent)
        for exponent in EXPONENTS
    }


def message_most(exponent: int) -> int:
    """Largest message that the row of weights with the largest sum can take."""
    return max(1, STATE_MAX // (510 << exponent))


def sparse(matrix: Integers) -> Sparse:
    target, source = np.nonzero(matrix)
    return Sparse(target, source, matrix[target, source], *matrix.shape)
