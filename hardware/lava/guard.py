"""How a run ends: with its host, with its first error, and leaving nothing behind.

Lava starts an operating-system process for each of its own, which wait for each other on semaphores; when one fails,
the others wait for ever, and Lava with them. So the first to fail says why and ends the whole process group, and so
does a thread of the worker when the host or a process is lost. Memory is anonymous and files have no name: to kill is
to clean.
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
    """How a run ended: `process` is the one that failed, `mendable` says whether the user can mend it."""

    done: bool
    process: str = ""
    text: str = ""
    trace: str = ""
    mendable: bool = False


def write_report(file: int, report: Report) -> None:
    """Add a report to an open file, in one write."""
    os.write(file, json.dumps(asdict(report)).encode() + b"\n")


def read_report(data: bytes) -> Report | None:
    """The first report of a file, if there is one."""
    lines = data.splitlines()
    return Report(**json.loads(lines[0])) if lines else None


def report_and_kill(file: int, process: str, error: BaseException) -> NoReturn:
    """Say what went wrong, then end every process of the run."""
    text = str(error) if isinstance(error, QuantalError) else f"{type(error).__name__}: {error}"
    write_report(file, Report(False, process, text, traceback.format_exc(), isinstance(error, QuantalError)))
    end_group()


def end_group() -> NoReturn:
    """End this process and all of its group, at once."""
    os.killpg(os.getpgrp(), signal.SIGKILL)
    raise SystemExit


def start_watch(report: int, lifeline: int, host: int) -> None:
    """Start a thread that ends the run when it has lost its host or a process.

    The host is lost when the other end of `lifeline` closes, or when process `host` is no longer the parent.
    """
    threading.Thread(target=watch, args=(report, lifeline, host), daemon=True).start()


def watch(report: int, lifeline: int, host: int) -> None:
    """Wait until the run can't go on, then end it."""
    while os.getppid() == host and not select.select([lifeline], [], [], POLL_S)[0]:
        number = lost_process()
        if number:
            text = f"killed by {signal.Signals(number).name}, perhaps for want of memory"
            write_report(report, Report(False, "a process", text))
            break
    end_group()


def lost_process() -> int:
    """The signal that killed a child, 0 if none did. Children that failed by themselves have reported it."""
    try:
        child = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return 0
    return child.si_status if child and child.si_code in (os.CLD_KILLED, os.CLD_DUMPED) else 0
