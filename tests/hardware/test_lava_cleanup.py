"""However a run on Lava ends, it leaves no process, no shared memory and no file behind."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from quantal.hardware.lava import run
from quantal.hardware.lava.host import launch
from quantal.hardware.lava.run_request import RunRequest
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.trace import EVERYTHING, Recording

from support.long_run import endless_network, run_endlessly
from support.networks import everything_drive, everything_network
from support.processes import MARK, eventually, marked_processes, segments

LONG_RUN = Path(__file__).parents[1] / "support" / "long_run.py"
PROCESSES_OF_RUN = 4
"""The worker, Lava's service, and two processes of the network."""


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Mark the processes that start during a test; they must leave nothing behind."""
    mark, before = uuid.uuid4().hex, segments()
    monkeypatch.setenv(MARK, mark)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield mark
    all_ended = eventually(lambda: not marked_processes(mark), timeout_s=5)
    for pid in marked_processes(mark):
        os.kill(pid, signal.SIGKILL)
    assert all_ended, "processes are left behind"
    assert eventually(lambda: segments() <= before, timeout_s=5), "shared memory is left behind"
    assert not [*tmp_path.iterdir()], "files are left behind"


@pytest.fixture
def host(mark: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[bytes]]:
    """A separate process, started in another folder, in the middle of a long run."""
    path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
    process = subprocess.Popen(
        [sys.executable, str(LONG_RUN), "600"],
        cwd=tmp_path_factory.mktemp("elsewhere"),
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.PIPE,
    )
    try:
        assert eventually(lambda: len(marked_processes(mark)) > PROCESSES_OF_RUN, timeout_s=60), "the run did not start"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.usefixtures("mark")
@pytest.mark.parametrize("steps", [0, 2])
def test_a_run_leaves_nothing_behind(steps: int) -> None:
    trace = run(everything_network(), everything_drive(1, steps), steps)
    assert trace.states["readout"]["v"].shape == (steps, 1, 7)


@pytest.mark.usefixtures("mark")
@pytest.mark.parametrize(
    ("partition", "culprit"), [("process", "population latent"), ("fused", "(network everything|worker)")]
)
def test_an_error_in_a_process_is_reported(partition: str, culprit: str) -> None:
    too_few_units = {"latent": np.zeros((1, 4), np.int64)}
    request = RunRequest(everything_network(), too_few_units, 6, EVERYTHING, 0, partition)
    start = time.monotonic()
    with pytest.raises(RuntimeError, match=f"{culprit} failed on Lava: ValueError: .*shape") as caught:
        launch(request, timeout_s=60)
    assert "Traceback" in str(caught.value)
    assert time.monotonic() - start < 30


def test_a_timeout_is_reported(mark: str) -> None:
    started: list[bool] = []
    observer = threading.Thread(target=lambda: started.append(eventually(lambda: len(marked_processes(mark)) >= 1, 5)))
    observer.start()
    with pytest.raises(QuantalError, match=r"took too long.*\n.*at most 2 s\n.*timeout_s"):
        run_endlessly(timeout_s=2)
    observer.join()
    assert started == [True]


def test_an_interrupt_ends_the_run(host: subprocess.Popen[bytes]) -> None:
    host.send_signal(signal.SIGINT)
    _, errors = host.communicate(timeout=20)
    assert b"KeyboardInterrupt" in errors


def test_a_killed_host_ends_the_run(mark: str, host: subprocess.Popen[bytes]) -> None:
    host.kill()
    host.wait()
    assert eventually(lambda: not marked_processes(mark), timeout_s=5)


def test_a_killed_process_is_reported(mark: str, host: subprocess.Popen[bytes]) -> None:
    os.kill(max(marked_processes(mark)), signal.SIGKILL)
    _, errors = host.communicate(timeout=20)
    assert b"killed by SIGKILL" in errors


def test_a_killed_worker_is_reported(mark: str, host: subprocess.Popen[bytes]) -> None:
    os.kill(min(marked_processes(mark) - {host.pid}), signal.SIGKILL)
    _, errors = host.communicate(timeout=20)
    assert b"worker failed on Lava: exited with code -9" in errors


@pytest.mark.usefixtures("mark")
def test_a_missing_lava_is_reported(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "lava.py").write_text("")
    monkeypatch.syspath_prepend(str(other))
    with pytest.raises(QuantalError, match=r"lava-nc: .*\n.*0\.10\.0.*\n.*pip install"):
        run(everything_network(), everything_drive(1, 2), 2)


@pytest.mark.usefixtures("mark")
def test_a_full_disk_is_reported() -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, limits[1]))
    try:
        with pytest.raises(QuantalError, match=r"not enough disk space.*\n.*12000000 bytes.*\n.*TMPDIR"):
            run(endless_network(), {"ring": np.zeros((1, 3), np.int64)}, 10**6, Recording((), ("ring",)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_an_unknown_partition_is_refused() -> None:
    with pytest.raises(QuantalError, match=r"no such partition\n.*process, fused, got split"):
        run(everything_network(), everything_drive(1, 2), 2, partition="split")
