"""End a run together with its host or at its first error, and leave nothing behind.

Lava starts an operating-system process for each of its own, and these wait for each other on semaphores: when one
fails, the others wait forever, and so does Lava. So the first process that fails reports its error and kills the whole
process group, as does a thread of the worker once the host or a process is lost. Shared memory and files have no name,
so the operating system frees them when the processes are gone.
"""

from __future__ import annotations

import json
import os
import select
import signal
import threading
import traceback
from dataclasses import asdict, dataclass
from typing import NoReturn

from quantal.neuro.errors import QuantalError

POLL_S = 0.5


@dataclass(frozen=True)
class Report:
    """How a run ended.

    Parameters
    ----------
    done
        Whether it finished.
    process, message, traceback
        The process that failed, and its error.
    user_error
        Whether the error was a `QuantalError`, whose message says all that the user needs.
    """

    done: bool
    process: str = ""
    message: str = ""
    traceback: str = ""
    user_error: bool = False


def write_report(file: int, report: Report) -> None:
    """Append a report to an open file, in one write."""
    os.write(file, json.dumps(asdict(report)).encode() + b"\n")


def read_report(data: bytes) -> Report | None:
    """The first report in a file; `None` if there is none."""
    lines = data.splitlines()
    return Report(**json.loads(lines[0])) if lines else None


def report_and_kill(file: int, process: str, error: BaseException) -> NoReturn:
    """Report an error, then kill every process of the run."""
    user_error = isinstance(error, QuantalError)
    message = str(error) if user_error else f"{type(error).__name__}: {error}"
    write_report(file, Report(False, process, message, traceback.format_exc(), user_error))
    kill_group()


def kill_group() -> NoReturn:
    """Kill this process and its whole group, at once."""
    os.killpg(os.getpgrp(), signal.SIGKILL)
    raise SystemExit


def start_watchdog(report: int, lifeline: int, host: int) -> None:
    """Start a thread that kills the run once its host or one of its processes is lost.

    The host is lost when the write end of `lifeline` closes, or when the process ID `host` is no longer the parent's.
    """
    threading.Thread(target=watch, args=(report, lifeline, host), daemon=True).start()


def watch(report: int, lifeline: int, host: int) -> None:
    """Wait until the run can't continue, then kill it."""
    while os.getppid() == host and not select.select([lifeline], [], [], POLL_S)[0]:
        fatal = fatal_signal()
        if fatal:
            message = f"killed by {signal.Signals(fatal).name}, perhaps for lack of memory"
            write_report(report, Report(False, "a process", message))
            break
    kill_group()


def fatal_signal() -> int:
    """The signal that killed a child process, 0 if none did. A child that failed by itself has reported its error."""
    try:
        child = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return 0
    return child.si_status if child and child.si_code in (os.CLD_KILLED, os.CLD_DUMPED) else 0
