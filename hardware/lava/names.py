"""The names of Lava that are used here. Lava is untyped, so each is `Any`; importing this module imports Lava."""

from __future__ import annotations

import importlib
from typing import Any, TypeAlias

from quantal.hardware.lava.compat import load_lava


def named(module: str, name: str) -> Any:
    """A name in a module of Lava."""
    return getattr(importlib.import_module(f"lava.{module}"), name)


load_lava()

Process: TypeAlias = Any
"""Any process of Lava."""

AbstractProcess = named("magma.core.process.process", "AbstractProcess")
InPort = named("magma.core.process.ports.ports", "InPort")
OutPort = named("magma.core.process.ports.ports", "OutPort")
ReshapePort = named("magma.core.process.ports.ports", "ReshapePort")
Var = named("magma.core.process.variable", "Var")

implements = named("magma.core.decorator", "implements")
requires = named("magma.core.decorator", "requires")
tag = named("magma.core.decorator", "tag")
CPU = named("magma.core.resources", "CPU")
LoihiProtocol = named("magma.core.sync.protocols.loihi_protocol", "LoihiProtocol")
PyLoihiProcessModel = named("magma.core.model.py.model", "PyLoihiProcessModel")
PyInPort = named("magma.core.model.py.ports", "PyInPort")
PyOutPort = named("magma.core.model.py.ports", "PyOutPort")
LavaPyType = named("magma.core.model.py.type", "LavaPyType")

Dense = named("proc.dense.process", "Dense")
DelayDense = named("proc.dense.process", "DelayDense")
Sparse = named("proc.sparse.process", "Sparse")
DelaySparse = named("proc.sparse.process", "DelaySparse")
PyDenseModelBitAcc = named("proc.dense.models", "PyDenseModelBitAcc")
PyDelayDenseModelBitAcc = named("proc.dense.models", "PyDelayDenseModelBitAcc")
PySparseModelBitAcc = named("proc.sparse.models", "PySparseModelBitAcc")
PyDelaySparseModelBitAcc = named("proc.sparse.models", "PyDelaySparseModelBitAcc")

LIF = named("proc.lif.process", "LIF")
TernaryLIF = named("proc.lif.process", "TernaryLIF")
PyLifModelBitAcc = named("proc.lif.models", "PyLifModelBitAcc")
PyTernLifModelFixed = named("proc.lif.models", "PyTernLifModelFixed")

RunSteps = named("magma.core.run_conditions", "RunSteps")
Loihi2SimCfg = named("magma.core.run_configs", "Loihi2SimCfg")
ProcGroupDiGraphs = named("magma.compiler.compiler_graphs", "ProcGroupDiGraphs")
find_processes = named("magma.compiler.compiler_graphs", "find_processes")
infrastructure = importlib.import_module("lava.magma.runtime.message_infrastructure.multiprocessing")
