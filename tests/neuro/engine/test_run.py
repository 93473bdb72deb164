"""The engine is the reference, integer for integer, whatever the network, the batch and the recording."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from quantal.neuro import engine
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import Recording
from quantal.neuro.neurons import Accumulator, PoissonCount
from quantal.neuro.simulate import reference
from quantal.neuro.synapses import Dense

from support.networks import Case, everything_drive, everything_network, random_networks
from support.traces import assert_same


@settings(max_examples=300, deadline=None)
@given(random_networks())
def test_random_networks(case: Case):
    network, drive, steps, first_sample = case
    got = engine.run(network, drive, steps, first_sample=first_sample)
    assert_same(got, reference.run(network, drive, steps, first_sample=first_sample))


@pytest.mark.parametrize("batch", range(1, 21))
def test_everything_in_batches_that_fill_threads_unevenly(batch: int):
    network, drive = everything_network(), everything_drive(batch, 15)
    assert_same(engine.run(network, drive, 15), reference.run(network, drive, 15))


def test_everything_for_a_long_time():
    network, drive = everything_network(), everything_drive(2, 300)
    assert_same(engine.run(network, drive, 300), reference.run(network, drive, 300))


@pytest.mark.parametrize("seed", [0, 2**63, 2**64 - 1])
def test_everything_with_other_seeds(seed: int):
    network, drive = replace(everything_network(), seed=seed), everything_drive(3, 40, seed)
    assert_same(engine.run(network, drive, 40), reference.run(network, drive, 40))


@pytest.mark.parametrize("first_sample", [1, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 2])
def test_draws_of_samples_far_away(first_sample: int):
    network, drive = everything_network(), everything_drive(2, 8)
    expected = reference.run(network, drive, 8, first_sample=first_sample)
    assert_same(engine.run(network, drive, 8, first_sample=first_sample), expected)


@pytest.mark.parametrize("steps", [0, 1])
def test_hardly_any_steps(steps: int):
    network, drive = everything_network(), everything_drive(3, steps)
    assert_same(engine.run(network, drive, steps), reference.run(network, drive, steps))


@pytest.mark.parametrize("step", [1, 7, 61, 2**40])
def test_going_on_from_any_step(step: int):
    """A ring of messages is at another place at each step."""
    network, drive = everything_network(), everything_drive(2, 9)
    start = reference.run(network, everything_drive(2, 20, seed=9), 20).end
    assert start is not None
    later = type(start)(step, start.states, start.sent)
    assert_same(engine.run(network, drive, 9, start=later), reference.run(network, drive, 9, start=later))


@pytest.mark.parametrize(
    "recording",
    [
        Recording(messages=(), states=()),
        Recording(messages=("readout", "latent"), states=()),
        Recording(messages=(), states=("residual",)),
        Recording(messages=None, states=("pacemaker", "error")),
    ],
)
def test_recordings(recording: Recording):
    network, drive = everything_network(), everything_drive(9, 6)
    assert_same(engine.run(network, drive, 6, recording), reference.run(network, drive, 6, recording))


def test_strided_drives():
    network, drive = everything_network(), everything_drive(6, 10)
    strided = {name: np.repeat(value, 2, axis=-1)[..., ::2] for name, value in drive.items()}
    assert_same(engine.run(network, strided, 10), reference.run(network, drive, 10))


def test_the_longest_delay():
    rng = np.random.default_rng(0)
    sender = Population(
        "p", 3, Accumulator(np.array([40, 20, 30]), decay=500), PoissonCount(np.array([[9000, 30000]]), 23, 0)
    )
    projections = [
        Projection(f"{delay}", "p", "p", Dense(rng.integers(-9, 9, (3, 3)) * 2), delay) for delay in (62, 61, 1)
    ]
    network = CountNetwork("slow", (sender,), tuple(projections))
    drive = {"p": np.zeros((2, 3), np.int64)}
    assert_same(engine.run(network, drive, 150), reference.run(network, drive, 150))


def test_progress_ends_with_all_steps_of_all_samples():
    told: list[tuple[int, int]] = []
    engine.run(everything_network(), everything_drive(30, 20), 20, progress=lambda *numbers: told.append(numbers))
    assert told[-1] == (600, 600)
    assert told == sorted(told)


ENDLESS = 20_000_000


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("batch", [1, 40])
def test_an_interrupt_stops_every_thread_soon(batch: int):
    drive = {"latent": np.zeros((batch, 5), np.int64)}
    engine.run(everything_network(), drive, 1)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        engine.run(everything_network(), drive, ENDLESS, Recording((), ()))
    assert time.monotonic() - begun < 10
    assert threading.active_count() < 10


def test_an_error_while_telling_progress_stops_the_run():
    def fail(done: int, total: int) -> None:
        raise RuntimeError(f"{done} of {total}")

    with pytest.raises(RuntimeError, match=f"of {3 * ENDLESS}"):
        engine.run(
            everything_network(), {"latent": np.zeros((3, 5), np.int64)}, ENDLESS, Recording((), ()), progress=fail
        )
