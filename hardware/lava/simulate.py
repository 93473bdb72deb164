"""Run a request on Lava's CPU simulator, inside the worker."""

from __future__ import annotations

import importlib
import mmap
import multiprocessing
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from quantal.hardware.lava import learning, lif, population, projection
from quantal.hardware.lava.lava_imports import (
    Loihi2SimCfg,
    Process,
    ProcGroupDiGraphs,
    ReshapePort,
    RunSteps,
    find_processes,
    infrastructure,
)
from quantal.hardware.lava.process_selection import select_population_process
from quantal.hardware.lava.run_request import RunRequest
from quantal.hardware.lava.watchdog import report_and_kill
from quantal.neuro.simulate.trace_buffer import TraceBuffer

MODELS = {
    "PopulationProcess": "population:PopulationModel",
    "LifProcess": "lif:LifModel",
    "ReadoutProcess": "lif:ReadoutModel",
    "NetworkProcess": "fused:NetworkModel",
    "Conv": "conv:PyConvModelFixed",
    "Dense": "lava_imports:PyDenseModelBitAcc",
    "Sparse": "lava_imports:PySparseModelBitAcc",
    "DelayDense": "lava_imports:PyDelayDenseModelBitAcc",
    "DelaySparse": "lava_imports:PyDelaySparseModelBitAcc",
    "BatchedSparse": "projection:BatchedSparseModel",
}
"""The fixed-point model of each process, as `module:name` in this package; imported when a network needs it."""

POPULATIONS = {
    "LIF": lif.LifProcess,
    "TernaryLIF": lif.ReadoutProcess,
    "PopulationProcess": population.PopulationProcess,
}
"""Class of each process, by the name that `process_selection` gives it."""


def simulate(request: RunRequest, buffer: TraceBuffer, report: int) -> None:
    """Run a request and record it in the buffer."""
    with patched_lava(report):
        processes = PARTITIONS[request.partition](request, buffer)
        while processes:
            connected = find_processes(processes[0])
            processes[0].run(RunSteps(num_steps=request.steps), Loihi2SimCfg(select_tag="fixed_pt"))
            processes[0].stop()
            processes = [process for process in processes if process not in connected]


def process_partition(request: RunRequest, buffer: TraceBuffer) -> list[Process]:
    """One process per population and projection; projections that share learned weights are one process."""
    populations = {
        p.name: POPULATIONS[select_population_process(p, request).process](p, request, buffer)
        for p in request.network.populations
    }
    projections: list[Process] = []
    for p in request.network.projections:
        if request.network.learner(p) is not None:
            continue
        process = projection.projection_process(p, request)
        projection.connect(populations[p.source], process, populations[p.target])
        projections.append(process)
    return [*populations.values(), *projections, *learning.learning_processes(request, buffer, populations)]


def fused_partition(request: RunRequest, buffer: TraceBuffer) -> list[Process]:
    """One process for the whole network; only this needs the engine, whose import takes seconds."""
    from quantal.hardware.lava import fused

    return [fused.NetworkProcess(request, buffer)]


PARTITIONS: dict[str, Callable[[RunRequest, TraceBuffer], list[Process]]] = {
    "process": process_partition,
    "fused": fused_partition,
}


@contextmanager
def patched_lava(report: int) -> Generator[None]:
    """Patch Lava: anonymous memory, processes that report their errors, and models from `MODELS`.

    Lava's own search for models executes every file in the directory of a process.
    """

    class ReportingProcess(infrastructure.SystemProcess):
        """A process of Lava that reports its error and kills the run."""

        def run(self) -> None:
            try:
                multiprocessing.Process.run(self)
            except BaseException as error:
                report_and_kill(report, name_of(self._kwargs["builder"]), error)

    with ExitStack() as patches:
        for target, name, replacement in (
            (infrastructure, "SystemProcess", ReportingProcess),
            (infrastructure, "SharedMemoryManager", AnonymousMemory),
            (ProcGroupDiGraphs, "_find_proc_models", staticmethod(models_of)),
            (ReshapePort, "get_transform_func_fwd", reshape_function),
        ):
            patches.enter_context(mock.patch.object(target, name, replacement))
        yield


def models_of(proc: Process) -> list[Any]:
    """The models of a process, as Lava's compiler asks for them; a process may choose its own."""
    return [getattr(proc, "model", None) or model_of(type(proc).__name__)]


def model_of(process: str) -> Any:
    """The fixed-point model of the process class of that name."""
    module, _, name = MODELS[process].partition(":")
    return getattr(importlib.import_module(f"{__package__}.{module}"), name)


def reshape_function(port: Any) -> Callable[[Any], Any]:
    """What a reshape port applies to its data. Lava's own passes `newshape`, which NumPy no longer accepts."""
    return lambda data: data.reshape(port.shape)


def name_of(builder: Any) -> str:
    """The name of a process, given its Lava builder; for Lava's own services the builder's class."""
    params = getattr(builder, "proc_params", None) or {}
    return params.get("name") or type(builder).__name__


class AnonymousMemory:
    """Shared memory without a name: forked processes inherit it, and it is freed when the last of them ends.

    Replaces Lava's manager of named segments, which outlive a run that is killed.
    """

    def start(self) -> None:
        """There is nothing to start."""

    def shutdown(self) -> None:
        """There is nothing to remove."""

    def create_shared_memory(self, size: int) -> AnonymousSegment:
        """Allocate the memory of a channel."""
        return AnonymousSegment(size)


class AnonymousSegment:
    """The part of `multiprocessing.shared_memory.SharedMemory` that Lava's channels use."""

    def __init__(self, size: int) -> None:
        self.buf = memoryview(mmap.mmap(-1, size))
