"""Classes and functions of Lava that are used here. Lava is untyped, so each is `Any`. Importing this imports Lava."""

from __future__ import annotations

import importlib
from typing import Any, TypeAlias

from quantal.hardware.lava.compat import load_lava


def from_lava(module: str, name: str) -> Any:
    """What has this name in a module of Lava."""
    return getattr(importlib.import_module(f"lava.{module}"), name)


load_lava()

Process: TypeAlias = Any
"""An instance of any subclass of Lava's `AbstractProcess`."""

AbstractProcess = from_lava("magma.core.process.process", "AbstractProcess")
InPort = from_lava("magma.core.process.ports.ports", "InPort")
OutPort = from_lava("magma.core.process.ports.ports", "OutPort")
ReshapePort = from_lava("magma.core.process.ports.ports", "ReshapePort")
Var = from_lava("magma.core.process.variable", "Var")

implements = from_lava("magma.core.decorator", "implements")
requires = from_lava("magma.core.decorator", "requires")
tag = from_lava("magma.core.decorator", "tag")
CPU = from_lava("magma.core.resources", "CPU")
LoihiProtocol = from_lava("magma.core.sync.protocols.loihi_protocol", "LoihiProtocol")
PyLoihiProcessModel = from_lava("magma.core.model.py.model", "PyLoihiProcessModel")
PyInPort = from_lava("magma.core.model.py.ports", "PyInPort")
PyOutPort = from_lava("magma.core.model.py.ports", "PyOutPort")
LavaPyType = from_lava("magma.core.model.py.type", "LavaPyType")

Dense = from_lava("proc.dense.process", "Dense")
DelayDense = from_lava("proc.dense.process", "DelayDense")
Sparse = from_lava("proc.sparse.process", "Sparse")
DelaySparse = from_lava("proc.sparse.process", "DelaySparse")
PyDenseModelBitAcc = from_lava("proc.dense.models", "PyDenseModelBitAcc")
PyDelayDenseModelBitAcc = from_lava("proc.dense.models", "PyDelayDenseModelBitAcc")
PySparseModelBitAcc = from_lava("proc.sparse.models", "PySparseModelBitAcc")
PyDelaySparseModelBitAcc = from_lava("proc.sparse.models", "PyDelaySparseModelBitAcc")

LIF = from_lava("proc.lif.process", "LIF")
TernaryLIF = from_lava("proc.lif.process", "TernaryLIF")
PyLifModelBitAcc = from_lava("proc.lif.models", "PyLifModelBitAcc")
PyTernLifModelFixed = from_lava("proc.lif.models", "PyTernLifModelFixed")

RunSteps = from_lava("magma.core.run_conditions", "RunSteps")
Loihi2SimCfg = from_lava("magma.core.run_configs", "Loihi2SimCfg")
ProcGroupDiGraphs = from_lava("magma.compiler.compiler_graphs", "ProcGroupDiGraphs")
find_processes = from_lava("magma.compiler.compiler_graphs", "find_processes")
infrastructure = importlib.import_module("lava.magma.runtime.message_infrastructure.multiprocessing")
