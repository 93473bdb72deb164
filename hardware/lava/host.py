"""Running a network on Lava, in a worker process that leaves nothing behind however it ends."""

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

from quantal.hardware.lava.guard import Report, read_report
from quantal.hardware.lava.run_request import RunRequest, buffer_of, trace_bytes, write_request
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import content_hash
from quantal.neuro.network.trace import EVERYTHING, Recording, Trace
from quantal.neuro.simulate.drive import Drive, check_run

BACKENDS = {"process": "lava", "fused": "lava-fused"}
"""What a trace calls the backend, by partition."""

START = "import sys; numbers, sys.path[:] = sys.argv[1:5], sys.argv[5:]; \
from quantal.hardware.lava.worker import main; main(*map(int, numbers))"
"""The worker finds modules where the host finds them, wherever it was started and however it was installed."""

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Lava forks the worker, and threads do not survive a fork."""

CHUNK_BYTES = 2**20
GROUP_END_S = 5.0


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
        `process`: a Lava process for each population and projection. `fused`: one for the whole network.
    timeout_s
        Time from start to end after which the run is ended with an error.

    Raises
    ------
    QuantalError
        For a network or a drive that isn't legal, a missing Lava, a full disk, or when the time is over.
    RuntimeError
        For an error inside Lava, with the text of the first process that failed.
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
    """`run` with a Lava process for each population and projection."""
    return run(network, drive, steps, recording, first_sample, "process")


def run_fused(
    network: CountNetwork, drive: Drive, steps: int, recording: Recording = EVERYTHING, first_sample: int = 0
) -> Trace:
    """`run` with one Lava process for the whole network."""
    return run(network, drive, steps, recording, first_sample, "fused")


@dataclass(frozen=True)
class RunFiles:
    """RunFiles of a run. None has a name, so none can be left behind."""

    request: IO[bytes]
    report: IO[bytes]
    trace: IO[bytes]
    log: IO[bytes]


def launch(request: RunRequest, timeout_s: float) -> Trace:
    """Run a request in a worker of its own."""
    with unnamed_files() as files:
        write_files(files, request)
        with started_worker(files) as worker:
            wait_for_worker(worker, timeout_s)
        check_report(files, worker.returncode)
        return trace_of(request, files)


@contextmanager
def unnamed_files() -> Generator[RunFiles]:
    """Open files that vanish with the last process that has them open."""
    with ExitStack() as stack:
        yield RunFiles(*(stack.enter_context(tempfile.TemporaryFile()) for _ in range(4)))


def write_files(files: RunFiles, request: RunRequest) -> None:
    """Write the request and reserve the space for its trace, so that a full disk shows before anything runs."""
    try:
        write_request(request, files.request)
        files.request.flush()
        files.request.seek(0)
        room = max(trace_bytes(request), 1)
        for begin in range(0, room, CHUNK_BYTES):
            files.trace.write(bytes(min(CHUNK_BYTES, room - begin)))
        files.trace.flush()
    except OSError as error:
        raise QuantalError(
            "no room for what the run records",
            where=tempfile.gettempdir(),
            expected=f"{trace_bytes(request)} bytes",
            got=str(error),
            hint="record fewer populations or steps, or set TMPDIR to a larger disk",
        ) from error


@contextmanager
def started_worker(files: RunFiles) -> Generator[subprocess.Popen[bytes]]:
    """A worker, which is ended with all of its group on every way out.

    The lifeline is a pipe that nobody writes to: when its end here closes, also because this process was killed, the
    worker ends itself.
    """
    far, near = os.pipe()
    try:
        passed = (files.report.fileno(), files.trace.fileno(), far)
        worker = subprocess.Popen(
            [sys.executable, "-c", START, *map(str, (*passed, os.getpid())), *map(os.path.abspath, sys.path)],
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
        os.close(near)
        os.close(far)


def kill_worker(worker: subprocess.Popen[bytes]) -> None:
    """Kill the worker and everything that it started, and wait until all are gone."""
    give_up = time.monotonic() + GROUP_END_S
    with suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < give_up:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
            time.sleep(0.002)


def wait_for_worker(worker: subprocess.Popen[bytes], timeout_s: float) -> None:
    """Wait for the worker, but no longer than the time-out."""
    try:
        worker.wait(timeout_s)
    except subprocess.TimeoutExpired:
        raise QuantalError(
            "the run took too long and was ended",
            where="run on Lava",
            expected=f"an end within {timeout_s:g} s",
            hint="give a larger timeout_s, fewer steps or samples, or partition 'fused'",
        ) from None


def check_report(files: RunFiles, code: int) -> None:
    """Raise the error of a run that did not come to its end."""
    report = read_report(content(files.report)) or Report(False, "worker", f"ended with code {code}")
    if report.done:
        return
    if report.mendable:
        raise QuantalError(report.text)
    log = content(files.log).decode(errors="replace")
    raise RuntimeError(f"{report.process} failed on Lava: {report.text}\n{report.trace or log}".rstrip())


def content(file: IO[bytes]) -> bytes:
    """All that was written to a file, by whomever."""
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
    )
