"""The process that hosts Lava: it forks, so it holds no threads of torch, OpenMP or Numba.

Started by `hardware.lava.host` as the leader of its own process group. Arguments: the file descriptors of the report,
of the trace and of the host's lifeline, and the process ID of the host. The request arrives on standard input.
"""

from __future__ import annotations

import mmap
import sys

from quantal.hardware.lava.run_request import buffer_of, read_request
from quantal.hardware.lava.watchdog import Report, kill_group, report_and_kill, start_watchdog, write_report


def main(report: int, record: int, lifeline: int, host: int) -> None:
    """Run the request, report, and kill every process of the run."""
    start_watchdog(report, lifeline, host)
    try:
        request = read_request(sys.stdin.buffer)
        from quantal.hardware.lava.simulate import simulate

        simulate(request, buffer_of(request, mmap.mmap(record, 0)), report)
    except BaseException as error:
        report_and_kill(report, "worker", error)
    write_report(report, Report(done=True))
    kill_group()
