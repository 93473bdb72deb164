"""The process that hosts Lava: it forks, so it holds no threads of torch, OpenMP or Numba.

Started by `hardware.lava.host` as the leader of its own process group. Arguments: descriptors of the file to report
to, of the recorder's file and of the host's lifeline, and the process number of the host. Standard input is the job.
"""

from __future__ import annotations

import mmap
import sys

from quantal.hardware.lava.guard import Report, end_group, fail, start_watch, write_report
from quantal.hardware.lava.job import read_job, recorder_of


def main(report: int, record: int, lifeline: int, host: int) -> None:
    """Run the job, report, and end every process of the run."""
    start_watch(report, lifeline, host)
    try:
        job = read_job(sys.stdin.buffer)
        from quantal.hardware.lava.simulate import simulate

        simulate(job, recorder_of(job, mmap.mmap(record, 0)), report)
    except BaseException as error:
        fail(report, "worker", error)
    write_report(report, Report(done=True))
    end_group()
