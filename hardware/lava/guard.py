"""How a run ends: with its host, with its first error, and leaving nothing behind.

Lava starts an operating-system process for each of its own, which wait for each other on semaphores; when one fails,
the others wait for ever, and Lava with them. So the first to fail says why and ends the whole process group, and so
does a thread of the worker when the host is gone. Memory is anonymous and files have no name: killing is cleaning.
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

from neuro.errors import QuantalError

HOST_POLL_S = 0.5


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


def fail(file: int, process: str, error: BaseException) -> NoReturn:
    """Say what went wrong, then end every process of the run."""
    text = str(error) if isinstance(error, QuantalError) else f"{type(error).__name__}: {error}"
    write_report(file, Report(False, process, text, traceback.format_exc(), isinstance(error, QuantalError)))
    end_group()


def end_group() -> NoReturn:
    """End this process and all of its group, at once."""
    os.killpg(os.getpgrp(), signal.SIGKILL)
    raise SystemExit


def end_with_host(lifeline: int, host: int) -> None:
    """End the run when the other end of `lifeline` closes, or when process `host` is no longer the parent."""
    threading.Thread(target=watch, args=(lifeline, host), daemon=True).start()


def watch(lifeline: int, host: int) -> None:
    """Wait for the host to go."""
    while os.getppid() == host and not select.select([lifeline], [], [], HOST_POLL_S)[0]:
        pass
    end_group()
