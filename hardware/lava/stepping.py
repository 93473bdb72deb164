"""Process models of Lava stepped by hand, without its runtime, to see what one class computes."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix


class Port:
    """The array to receive next, and the array that was sent last."""

    incoming: Any = None
    sent: Any = None

    def recv(self) -> Any:
        """Return the array to receive."""
        return self.incoming

    def send(self, value: Any) -> None:
        """Keep a copy of what is sent."""
        self.sent = np.array(value)


class Stepped:
    """A process model with one port in and one out, built from its process as Lava's runtime builds it."""

    def __init__(self, process: Any, model: type) -> None:
        self.model: Any = model(process.proc_params)
        self.source, self.target = Port(), Port()
        for var in process.vars:
            setattr(self.model, var.name, initial_value(getattr(model, var.name), var))
        (port_in,), (port_out,) = process.in_ports, process.out_ports
        setattr(self.model, port_in.name, self.source)
        setattr(self.model, port_out.name, self.target)
        self.model.time_step = 0

    def step(self, incoming: Any) -> np.ndarray:
        """Run one time step on an array of integers, and return the array that was sent."""
        self.model.time_step += 1
        self.source.incoming = np.asarray(incoming, np.int32)
        self.model.run_spk()
        return self.target.sent


def initial_value(declared: Any, var: Any) -> Any:
    """The value a variable starts with, in the type that the model declares."""
    if issubclass(declared.cls, np.ndarray):
        value = np.zeros(var.shape, declared.d_type)
        value[:] = var.init
        return value
    if issubclass(declared.cls, csr_matrix):
        return csr_matrix(var.init)
    return var.init
