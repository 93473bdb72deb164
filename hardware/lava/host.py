"""Run a network on Lava, in a worker process that leaves nothing behind however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import IO

import numpy as np

from quantal.hardware.lava.run_request import RunRequest, buffer_of, trace_bytes, write_request
from quantal.hardware.lava.watchdog import Report, read_report
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import content_hash
from quantal.neuro.network.trace import EVERYTHING, Recording, Trace
from quantal.neuro.simulate.drive import Drive, check_run

BACKENDS = {"process": "lava", "fused": "lava-fused"}
"""Name of the backend in a trace, by partition."""

WORKER_CODE = "import sys; numbers, sys.path[:] = sys.argv[1:5], sys.argv[5:]; \
from quantal.hardware.lava.worker import main; main(*map(int, numbers))"
"""What the worker executes. It gets the import path of the host, so that it finds the same modules."""

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Environment of the worker, which Lava forks: threads do not survive a fork."""

CHUNK_BYTES = 2**20
KILL_TIMEOUT_S = 5.0


def run(
    network: CountNetwork,
    drive: Drive,
    steps: int,
    recording: Recording = EVERYTHING,
    first_sample: int = 0,
    partition: str = "process",
    timeout_s: float = 600.0,
) -> Trace:
    """Run a network on Lava's CPU simulator in fixed point, from its initial state.

    Parameters
    ----------
    network, drive, steps, recording, first_sample
        As for `neuro.simulate.reference.run`, whose states and messages the trace equals.
    partition
        `process`: one Lava process per population and projection. `fused`: one for the whole network.
    timeout_s
        A run that takes longer is killed, with an error.

    Raises
    ------
    QuantalError
        For an illegal network or drive, a missing Lava, a full disk, or a run that exceeds `timeout_s`.
    RuntimeError
        For an error inside Lava, with the message of the first process that failed.
    """
    check_run(network, drive, steps, recording, first_sample)
    if partition not in BACKENDS:
        raise QuantalError(
            "no such partition", where="run on Lava", expected=f"one of {', '.join(BACKENDS)}", got=partition
        )
    request = RunRequest(network, drive, steps, recording, first_sample, partition)
    return launch(request, timeout_s)


def run_process(
    network: CountNetwork, drive: Drive, steps: int, recording: Recording = EVERYTHING, first_sample: int = 0
) -> Trace:
    """`run` with one Lava process per population and projection."""
    return run(network, drive, steps, recording, first_sample, "process")


def run_fused(
    network: CountNetwork, drive: Drive, steps: int, recording: Recording = EVERYTHING, first_sample: int = 0
) -> Trace:
    """`run` with one Lava process for the whole network."""
    return run(network, drive, steps, recording, first_sample, "fused")


@dataclass(frozen=True)
class RunFiles:
    """Open files of a run. None has a name, so none can be left behind."""

    request: IO[bytes]
    report: IO[bytes]
    trace: IO[bytes]
    log: IO[bytes]


def launch(request: RunRequest, timeout_s: float) -> Trace:
    """Run a request in its own worker."""
    with unnamed_files() as files:
        write_files(files, request)
        with started_worker(files) as worker:
            wait_for_worker(worker, timeout_s)
        check_report(files, worker.returncode)
        return trace_of(request, files)


@contextmanager
def unnamed_files() -> Generator[RunFiles]:
    """Open files that vanish when the last process that has them open ends."""
    with ExitStack() as stack:
        yield RunFiles(*(stack.enter_context(tempfile.TemporaryFile()) for _ in range(4)))


def write_files(files: RunFiles, request: RunRequest) -> None:
    """Write the request and reserve disk space for its trace, so that a full disk is noticed before anything runs."""
    try:
        write_request(request, files.request)
        files.request.flush()
        files.request.seek(0)
        size = max(trace_bytes(request), 1)
        for offset in range(0, size, CHUNK_BYTES):
            files.trace.write(bytes(min(CHUNK_BYTES, size - offset)))
        files.trace.flush()
    except OSError as error:
        raise QuantalError(
            "not enough disk space for the trace of the run",
            where=tempfile.gettempdir(),
            expected=f"{trace_bytes(request)} bytes",
            got=str(error),
            hint="record fewer populations or steps, or set TMPDIR to a larger disk",
        ) from error


@contextmanager
def started_worker(files: RunFiles) -> Generator[subprocess.Popen[bytes]]:
    """Start a worker, and kill it with its whole process group on leaving.

    The lifeline is a pipe that nobody writes to. Its write end closes even if this process is killed, whereupon the
    worker kills itself.
    """
    read_end, write_end = os.pipe()
    try:
        passed = (files.report.fileno(), files.trace.fileno(), read_end)
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER_CODE, *map(str, (*passed, os.getpid())), *map(os.path.abspath, sys.path)],
            stdin=files.request,
            stdout=files.log,
            stderr=files.log,
            cwd=os.path.sep,
            env={**os.environ, **ONE_THREAD},
            pass_fds=passed,
            start_new_session=True,
        )
        try:
            yield worker
        finally:
            kill_worker(worker)
    finally:
        os.close(write_end)
        os.close(read_end)


def kill_worker(worker: subprocess.Popen[bytes]) -> None:
    """Kill the worker and all processes that it started, and wait until they are gone."""
    deadline = time.monotonic() + KILL_TIMEOUT_S
    with suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < deadline:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
            time.sleep(0.002)


def wait_for_worker(worker: subprocess.Popen[bytes], timeout_s: float) -> None:
    """Wait for the worker, or raise a `QuantalError` after the time-out."""
    try:
        worker.wait(timeout_s)
    except subprocess.TimeoutExpired:
        raise QuantalError(
            "the run took too long and was killed",
            where="run on Lava",
            expected=f"at most {timeout_s:g} s",
            hint="set a larger timeout_s, fewer steps or samples, or partition 'fused'",
        ) from None


def check_report(files: RunFiles, code: int) -> None:
    """Raise the error of a run that did not finish."""
    report = read_report(content(files.report)) or Report(False, "worker", f"exited with code {code}")
    if report.done:
        return
    if report.user_error:
        raise QuantalError(report.message)
    log = content(files.log).decode(errors="replace")
    raise RuntimeError(f"{report.process} failed on Lava: {report.message}\n{report.traceback or log}".rstrip())


def content(file: IO[bytes]) -> bytes:
    """Everything written to a file, by any process."""
    file.seek(0)
    return file.read()


def trace_of(request: RunRequest, files: RunFiles) -> Trace:
    """The trace that the run recorded."""
    files.trace.seek(0)
    record = buffer_of(request, np.fromfile(files.trace, np.uint8))
    return Trace(
        network=content_hash(request.network),
        backend=BACKENDS[request.partition],
        first_step=0,
        first_sample=request.first_sample,
        states=record.states,
        messages=record.messages,
        weights=record.weights,
        weight_steps=record.weight_steps,
    )
