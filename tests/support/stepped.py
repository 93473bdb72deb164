"""Lava's models stepped by hand: built from a process as Lava builds them, with ports that hand over one array."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from quantal.bench.peers.on_lava import Port


class Stepped:
    """A model of a process that takes one array a step and gives what it sent."""

    def __init__(self, process: Any, model: type) -> None:
        self.model: Any = model(process.proc_params)
        self.ends: list[list[Port]] = [[], []]
        for var in process.vars:
            setattr(self.model, var.name, valued(getattr(model, var.name), var))
        for ports, ends in zip((process.in_ports, process.out_ports), self.ends, strict=True):
            for port in ports:
                ends.append(Port())
                setattr(self.model, port.name, ends[-1])
        self.model.time_step = 0

    def step(self, incoming: Any) -> np.ndarray:
        """What the model sends in this step."""
        self.model.time_step += 1
        self.ends[0][0].incoming = np.asarray(incoming, np.int32)
        self.model.run_spk()
        return self.ends[1][0].sent


def valued(declared: Any, var: Any) -> Any:
    """A variable's value in the type that its model declares."""
    if issubclass(declared.cls, np.ndarray):
        value = np.zeros(var.shape, declared.d_type)
        value[:] = var.init
        return value
    if issubclass(declared.cls, csr_matrix):
        return csr_matrix(var.init)
    return var.init
