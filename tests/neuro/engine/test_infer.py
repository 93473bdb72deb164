"""Inference records the same as a run, and skips only what can't change the recording."""

from __future__ import annotations

import os
import re
import signal
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quantal.neuro import engine
from quantal.neuro.engine.infer import SAMPLES_AT_ONCE
from quantal.neuro.engine.packed_network import UNREACHABLE, steps_to_record
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Input, Population, Projection
from quantal.neuro.network.trace import EVERYTHING, Recording
from quantal.neuro.neurons import Cuba, PoissonCount, Silent, Spike
from quantal.neuro.simulate.drive import encode

from support.networks import dense
from support.traces import assert_same_record

FEATURES, STEPS = 6, 17
TABLE = np.array([[20_000, 50_000]] * 16)


def spiking(name: str, size: int, **changes) -> Population:
    half = np.full(size, 2048)
    cuba = Cuba(np.arange(size) * 10, np.zeros(size, np.int64), half, half)
    return Population(name, size, cuba, changes.get("emission", Spike(np.full(size, 30))))


def chain() -> CountNetwork:
    """Hidden layers, one of them recurrent, a read-out, and units without outgoing projections."""
    rng = np.random.default_rng(1)
    populations = (
        spiking("first", 9),
        spiking("chance", 5, emission=PoissonCount(TABLE, 10, 0)),
        spiking("second", 7),
        spiking("readout", 3, emission=Silent()),
        spiking("watcher", 4),
    )
    projections = tuple(
        Projection(f"{source} to {target} in {delay}", source, target, dense(rng, size, sources), delay_steps=delay)
        for source, sources, target, size, delay in (
            ("first", 9, "second", 7, 1),
            ("first", 9, "second", 7, 4),
            ("chance", 5, "second", 7, 2),
            ("second", 7, "second", 7, 3),
            ("second", 7, "readout", 3, 5),
            ("second", 7, "watcher", 4, 1),
        )
    )
    inputs = (
        Input("sample", "first", rng.normal(0, 300, (9, FEATURES))),
        Input("noise", "chance", rng.normal(0, 300, (5, FEATURES))),
    )
    return CountNetwork("chain", populations, projections, inputs, seed=4)


RECORDINGS = (
    EVERYTHING,
    Recording((), ("readout",)),
    Recording(("second",), ()),
    Recording(("first",), ("watcher",)),
    Recording((), ()),
)


@pytest.mark.parametrize("recording", RECORDINGS)
@pytest.mark.parametrize("batch", [1, SAMPLES_AT_ONCE, 2 * SAMPLES_AT_ONCE + 3])
@pytest.mark.parametrize("shape", [(), (STEPS,)])
def test_the_recording_is_that_of_a_run(recording: Recording, batch: int, shape: tuple[int, ...]):
    network, samples = chain(), np.random.default_rng(batch).normal(size=(*shape, batch, FEATURES))
    expected = engine.run(network, encode(network, samples), STEPS, recording, first_sample=11)
    got = engine.infer(network, samples, STEPS, recording, first_sample=11)
    assert_same_record(got, expected)
    assert got.end is None


def test_every_population_is_active():
    samples = np.random.default_rng(0).normal(size=(40, FEATURES))
    trace = engine.infer(chain(), samples, STEPS)
    assert all(trace.messages[name].any() for name in ("first", "chance", "second", "watcher"))
    assert trace.states["readout"]["v"].any()


def test_steps_to_record_are_those_of_the_shortest_path():
    network = chain()
    assert steps_to_record(network, Recording((), ("readout",))) == {
        "first": 6, "chance": 7, "second": 5, "readout": 0, "watcher": UNREACHABLE,
    }  # fmt: skip
    assert steps_to_record(network, Recording(("chance",), ("watcher",))) == {
        "first": 2, "chance": 0, "second": 1, "readout": UNREACHABLE, "watcher": 0,
    }  # fmt: skip
    assert set(steps_to_record(network, EVERYTHING).values()) == {0}


@pytest.mark.parametrize("steps", [0, 1, 5])
def test_a_run_may_be_shorter_than_the_path_to_the_recording(steps: int):
    network, samples = chain(), np.random.default_rng(0).normal(size=(3, FEATURES))
    recording = Recording((), ("readout",))
    expected = engine.run(network, encode(network, samples), steps, recording)
    assert_same_record(engine.infer(network, samples, steps, recording), expected)


def test_an_error_names_the_place_among_all_samples():
    samples = np.zeros((70, FEATURES))
    samples[61, 2] = 1e30
    with pytest.raises(QuantalError, match=r"the sum of unit \d+ could leave 24 bits, at \(61, \d+\)"):
        engine.infer(chain(), samples, STEPS)


def test_wrong_samples_are_refused():
    samples = np.zeros((70, FEATURES))
    samples[66, 1] = np.nan
    with pytest.raises(QuantalError, match=re.escape("not a finite number at (66, 1)")):
        engine.infer(chain(), samples, STEPS)
    with pytest.raises(QuantalError, match=re.escape("expected (batch, 6) or (steps, batch, 6)")):
        engine.infer(chain(), np.zeros((3, 5)), STEPS)
    with pytest.raises(QuantalError, match="no such population"):
        engine.infer(chain(), np.zeros((3, FEATURES)), STEPS, Recording(("nobody",), ()))


def test_progress_ends_at_all_steps_of_all_samples():
    reported: list[tuple[int, int]] = []
    engine.infer(chain(), np.zeros((60, FEATURES)), STEPS, progress=lambda done, total: reported.append((done, total)))
    assert reported[-1] == (60 * STEPS, 60 * STEPS)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_stops_at_once_and_the_next_run_works():
    network, samples = chain(), np.zeros((200, FEATURES))
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        engine.infer(network, samples, 10**7, Recording((), ()))
    assert_same_record(
        engine.infer(network, samples[:3], STEPS),
        engine.run(network, encode(network, samples[:3]), STEPS),
    )


def test_every_sample_starts_from_the_initial_state():
    network, samples = chain(), np.random.default_rng(0).normal(size=(5, FEATURES))
    first = replace(network.populations[0], initial={"v": np.arange(9) * 100, "refractory_left": np.arange(9) % 3})
    network = replace(network, populations=(first, *network.populations[1:]))
    assert_same_record(engine.infer(network, samples, STEPS), engine.run(network, encode(network, samples), STEPS))


def test_samples_from_a_memory_mapped_file(tmp_path: Path):
    network, samples = chain(), np.random.default_rng(0).normal(size=(STEPS, 70, FEATURES))
    np.save(tmp_path / "samples.npy", samples)
    mapped = np.load(tmp_path / "samples.npy", mmap_mode="r")
    assert_same_record(engine.infer(network, mapped, STEPS), engine.run(network, encode(network, samples), STEPS))
