"""Step one of Lava's process models by hand, without its runtime, to see what that class computes."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix


class ArrayPort:
    """A port that holds the array to receive next, and the array that was sent last."""

    incoming: Any = None
    sent: Any = None

    def recv(self) -> Any:
        """Return the incoming array."""
        return self.incoming

    def send(self, value: Any) -> None:
        """Keep a copy of what is sent."""
        self.sent = np.array(value)


class SteppedModel:
    """A process model with one input and one output port, built from its process as Lava's runtime does."""

    def __init__(self, process: Any, model: type) -> None:
        self.model: Any = model(process.proc_params)
        self.input, self.output = ArrayPort(), ArrayPort()
        for var in process.vars:
            setattr(self.model, var.name, initial_value(getattr(model, var.name), var))
        (port_in,), (port_out,) = process.in_ports, process.out_ports
        setattr(self.model, port_in.name, self.input)
        setattr(self.model, port_out.name, self.output)
        self.model.time_step = 0

    def step(self, incoming: Any) -> np.ndarray:
        """Run one time step with an array of integers as input, and return the array that was sent."""
        self.model.time_step += 1
        self.input.incoming = np.asarray(incoming, np.int32)
        self.model.run_spk()
        return self.output.sent


def initial_value(declared: Any, var: Any) -> Any:
    """The initial value of a variable, in the type that the model declares."""
    if issubclass(declared.cls, np.ndarray):
        value = np.zeros(var.shape, declared.d_type)
        value[:] = var.init
        return value
    if issubclass(declared.cls, csr_matrix):
        return csr_matrix(var.init)
    return var.init
