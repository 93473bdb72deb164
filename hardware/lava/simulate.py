"""A run on Lava's CPU simulator, inside the worker."""

from __future__ import annotations

import importlib
import mmap
import multiprocessing
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from quantal.hardware.lava import lif, population, projection
from quantal.hardware.lava.guard import report_and_kill
from quantal.hardware.lava.names import (
    Loihi2SimCfg,
    Process,
    ProcGroupDiGraphs,
    ReshapePort,
    RunSteps,
    find_processes,
    infrastructure,
)
from quantal.hardware.lava.run_request import RunRequest
from quantal.hardware.lava.table import population_choice
from quantal.neuro.simulate.trace_buffer import TraceBuffer

MODELS = {
    "PopulationProcess": "population:PopulationModel",
    "LifProcess": "lif:LifModel",
    "ReadoutProcess": "lif:ReadoutModel",
    "NetworkProcess": "fused:NetworkModel",
    "Conv": "conv:PyConvModelFixed",
    "Dense": "names:PyDenseModelBitAcc",
    "Sparse": "names:PySparseModelBitAcc",
    "DelayDense": "names:PyDelayDenseModelBitAcc",
    "DelaySparse": "names:PyDelaySparseModelBitAcc",
    "BatchedSparse": "projection:BatchedSparseModel",
}
"""The fixed-point model of each process, as `module:name` in this package; imported when a network needs it."""

POPULATIONS = {
    "LIF": lif.LifProcess,
    "TernaryLIF": lif.ReadoutProcess,
    "PopulationProcess": population.PopulationProcess,
}
"""How each process of the table is made."""


def simulate(request: RunRequest, buffer: TraceBuffer, report: int) -> None:
    """Run a request; what it records is in the buffer when this returns."""
    with lava_guarded(report):
        processes = PARTITIONS[request.partition](request, buffer)
        while processes:
            connected = find_processes(processes[0])
            processes[0].run(RunSteps(num_steps=request.steps), Loihi2SimCfg(select_tag="fixed_pt"))
            processes[0].stop()
            processes = [process for process in processes if process not in connected]


def process_partition(request: RunRequest, buffer: TraceBuffer) -> list[Process]:
    """A process for each population and for each projection."""
    populations = {
        p.name: POPULATIONS[population_choice(p, request).process](p, request, buffer)
        for p in request.network.populations
    }
    projections: list[Process] = []
    for p in request.network.projections:
        process = projection.projection_process(p, request)
        projection.connect(populations[p.source], process, populations[p.target])
        projections.append(process)
    return [*populations.values(), *projections]


def fused_partition(request: RunRequest, buffer: TraceBuffer) -> list[Process]:
    """One process for the whole network; only this one needs the engine, whose import takes seconds."""
    from quantal.hardware.lava import fused

    return [fused.NetworkProcess(request, buffer)]


PARTITIONS: dict[str, Callable[[RunRequest, TraceBuffer], list[Process]]] = {
    "process": process_partition,
    "fused": fused_partition,
}


@contextmanager
def lava_guarded(report: int) -> Generator[None]:
    """Lava with anonymous memory, with processes that report their errors, and without a search for models.

    Its own search runs every file in the directory of a process, to find what `MODELS` says.
    """

    class GuardedProcess(infrastructure.SystemProcess):
        """A process of Lava that ends the run when it fails."""

        def run(self) -> None:
            try:
                multiprocessing.Process.run(self)
            except BaseException as error:
                report_and_kill(report, name_of(self._kwargs["builder"]), error)

    with ExitStack() as patches:
        for thing, name, new in (
            (infrastructure, "SystemProcess", GuardedProcess),
            (infrastructure, "SharedMemoryManager", AnonymousMemory),
            (ProcGroupDiGraphs, "_find_proc_models", staticmethod(models_of)),
            (ReshapePort, "get_transform_func_fwd", reshaping),
        ):
            patches.enter_context(mock.patch.object(thing, name, new))
        yield


def models_of(proc: Process) -> list[Any]:
    """The models of a process."""
    return [model_of(type(proc).__name__)]


def model_of(process: str) -> Any:
    """The model of the process of that name."""
    module, _, name = MODELS[process].partition(":")
    return getattr(importlib.import_module(f"{__package__}.{module}"), name)


def reshaping(port: Any) -> Callable[[Any], Any]:
    """What a reshaping port does. Lava's own names an argument `newshape`, which NumPy no longer has."""
    return lambda data: data.reshape(port.shape)


def name_of(builder: Any) -> str:
    """The name of a process, from what Lava builds it with; its own services have none."""
    params = getattr(builder, "proc_params", None) or {}
    return params.get("name") or type(builder).__name__


class AnonymousMemory:
    """Shared memory without a name: forked processes inherit it, and it is gone when the last of them is.

    Stands in for Lava's manager of named segments, which outlive a run that is killed.
    """

    def start(self) -> None:
        """Nothing needs to run."""

    def shutdown(self) -> None:
        """Nothing is left to remove."""

    def create_shared_memory(self, size: int) -> AnonymousSegment:
        """Memory of a channel."""
        return AnonymousSegment(size)


class AnonymousSegment:
    """What Lava's channels use of `multiprocessing.shared_memory.SharedMemory`."""

    def __init__(self, size: int) -> None:
        self.buf = memoryview(mmap.mmap(-1, size))
