"""Import and run Brian2, and restore everything that it changes in the process."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
import warnings
from collections.abc import Generator
from pathlib import Path
from typing import Any

from quantal.neuro.errors import QuantalError, install_command


def import_brian2() -> Any:
    """Import Brian2 without the side effects: hooks for errors, warnings and Ctrl-C, and two log files."""
    if sys.modules.get("brian2"):
        return sys.modules["brian2"]
    excepthook, interrupt = sys.excepthook, signal.getsignal(signal.SIGINT)
    try:
        brian2 = import_with_warnings_kept()
    except ImportError as error:
        raise QuantalError(
            "Brian2 can't be imported", where="backend brian2", got=str(error), hint=install_command("brian2")
        ) from error
    sys.excepthook = excepthook
    signal.signal(signal.SIGINT, interrupt)
    drop_log_files(brian2.BrianLogger)
    return brian2


def import_with_warnings_kept() -> Any:
    """Import Brian2, and show warnings as before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        show = warnings.showwarning
        import brian2

        if warnings.showwarning is not show:
            logging.captureWarnings(False)
    return brian2


def drop_log_files(logger: Any) -> None:
    """Close the debug log, and delete it and the copy of the script that Brian2 made."""
    if logger.file_handler is not None:
        logging.getLogger("brian2").removeHandler(logger.file_handler)
        logger.file_handler.close()
    logging.getLogger("py.warnings").removeHandler(logger.console_handler)
    for path in filter(None, (logger.tmp_log, logger.tmp_script)):
        Path(path).unlink(missing_ok=True)
    logger.file_handler = logger.tmp_log = logger.tmp_script = None


brian2: Any = import_brian2()


@contextlib.contextmanager
def quiet_target(target: str) -> Generator[None]:
    """Silence Brian2 and let it generate code for `target`; restore both settings afterwards."""
    require_runtime_device()
    console, prefs = brian2.BrianLogger.console_handler, brian2.prefs
    level, before = console.level, prefs["codegen.target"]
    console.setLevel(logging.CRITICAL + 1)
    prefs["codegen.target"] = target
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        prefs["codegen.target"] = before
        console.setLevel(level)


def require_runtime_device() -> None:
    """Refuse a Brian2 that is set to generate a standalone program."""
    device = brian2.get_device()
    if device is not brian2.all_devices["runtime"]:
        raise QuantalError(
            "Brian2 is set to another device",
            where="backend brian2",
            expected="runtime",
            got=type(device).__name__,
            hint="brian2.set_device('runtime')",
        )


def advance(network: Any, duration: Any) -> None:
    """Run a Brian2 network, and reset Brian2's global flags after an error or Ctrl-C."""
    running: Any = brian2.Network
    try:
        network.run(duration, namespace={})
    finally:
        # Brian2 leaves this on after an error and would then swallow the next Ctrl-C.
        running._globally_running = False
    if running._globally_stopped:
        raise KeyboardInterrupt
