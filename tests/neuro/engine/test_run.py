"""How a run of the engine reports progress, and how it ends when it is interrupted or fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from quantal.neuro import engine
from quantal.neuro.network.trace import Recording

from support.networks import everything_drive, everything_network


def test_progress_ends_with_all_steps_of_all_samples():
    reported: list[tuple[int, int]] = []
    engine.run(everything_network(), everything_drive(30, 20), 20, progress=lambda *numbers: reported.append(numbers))
    assert reported[-1] == (600, 600)
    assert reported == sorted(reported)


ENDLESS = 20_000_000


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("batch", [1, 40])
def test_an_interrupt_stops_every_thread_soon(batch: int):
    drive = {"latent": np.zeros((batch, 5), np.int64)}
    engine.run(everything_network(), drive, 1)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    start_s = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        engine.run(everything_network(), drive, ENDLESS, Recording((), ()))
    assert time.monotonic() - start_s < 10
    assert threading.active_count() < 10


def test_an_error_while_progress_is_reported_stops_the_run():
    def fail(done: int, total: int) -> None:
        raise RuntimeError(f"{done} of {total}")

    with pytest.raises(RuntimeError, match=f"of {3 * ENDLESS}"):
        engine.run(
            everything_network(), {"latent": np.zeros((3, 5), np.int64)}, ENDLESS, Recording((), ()), progress=fail
        )


FORKED = """
import multiprocessing, sys
from quantal.neuro import engine
from support.networks import everything_drive, everything_network

def messages(_=None):
    return engine.run(everything_network(), everything_drive(9, 20), 20).messages["latent"].tobytes()

here = messages()
with multiprocessing.get_context("fork").Pool(2) as pool:
    print([there == here for there in pool.map(messages, range(4))])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
def test_processes_that_are_forked_after_a_run_in_threads_run_as_well():
    """As data loaders and multiprocessing do it; the threads of the parent are not there in the child."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", FORKED], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[True, True, True, True]\n"
