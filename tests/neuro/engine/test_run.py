"""How a run of the engine reports progress, and how it ends when it is interrupted or fails."""

from __future__ import annotations

import os
import signal
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
