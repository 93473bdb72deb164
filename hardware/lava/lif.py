"""Leaky integrators as Lava's own processes: spiking ones as `LIF`, read-outs as `TernaryLIF` that never spikes.

Lava's fixed-point models do the arithmetic. The subclasses here add samples as columns of the shape, ports of 24 bits,
external input, recording, and decays and thresholds that differ between units. `hardware.lava.process_selection`
decides which populations run as these processes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from quantal.hardware.lava.lava_imports import (
    LIF,
    LavaPyType,
    PyInPort,
    PyLifModelBitAcc,
    PyLoihiProcessModel,
    PyOutPort,
    PyTernLifModelFixed,
    TernaryLIF,
    Var,
)
from quantal.hardware.lava.population import port_shape
from quantal.hardware.lava.run_request import RunRequest
from quantal.neuro.arithmetic import DECAY_UNITY, STATE_BITS, Integers
from quantal.neuro.network.count_network import Population
from quantal.neuro.neurons import Cuba, Spike
from quantal.neuro.neurons.spike import THRESHOLD_SHIFT
from quantal.neuro.simulate.reference import drive_at
from quantal.neuro.simulate.trace_buffer import TraceBuffer

UNREACHABLE = 2 ** (STATE_BITS - 1 - THRESHOLD_SHIFT)
"""A threshold mantissa that v can't exceed: shifted by six bits, it is one above the largest v."""


class LifProcess(LIF):
    """Lava's `LIF` with the parameters of a population."""

    def __init__(self, population: Population, request: RunRequest, buffer: TraceBuffer) -> None:
        spike = population.emission
        assert isinstance(spike, Spike)
        super().__init__(**lif_params(population, request.batch))
        configure(self, population, request, buffer)
        self.vth = unit_variable(spike.threshold_mant, request.batch)


class ReadoutProcess(TernaryLIF):
    """Lava's `TernaryLIF` with the parameters of a silent population, and thresholds that v can't reach."""

    def __init__(self, population: Population, request: RunRequest, buffer: TraceBuffer) -> None:
        super().__init__(vth_hi=UNREACHABLE, vth_lo=-UNREACHABLE, **lif_params(population, request.batch))
        configure(self, population, request, buffer)


def lif_params(population: Population, batch: int) -> dict[str, Any]:
    """Parameters of every LIF of Lava; each sample starts from the same state."""
    cuba, zero = cuba_of(population), np.zeros(population.size, np.int64)
    return {
        "name": f"population {population.name}",
        "shape": port_shape(population.size, batch),
        "u": per_sample(population.initial.get("u", zero), batch),
        "v": per_sample(population.initial.get("v", zero), batch),
        "bias_mant": per_sample(cuba.bias_mant, batch),
        "bias_exp": per_sample(cuba.bias_exp, batch),
    }


def configure(process: Any, population: Population, request: RunRequest, buffer: TraceBuffer) -> None:
    """Set the decays of a process, and the parameters that its model needs besides Lava's variables."""
    cuba = cuba_of(population)
    process.du = unit_variable(cuba.decay_u, request.batch)
    process.dv = unit_variable(cuba.decay_v - full_decay_bit(cuba), request.batch)
    process.proc_params["population"] = population
    process.proc_params["request"] = request
    process.proc_params["buffer"] = buffer


def cuba_of(population: Population) -> Cuba:
    """The integration of a population, which has to be `Cuba`."""
    assert isinstance(population.integration, Cuba)
    return population.integration


def full_decay_bit(cuba: Cuba) -> Integers:
    """1 for units whose v decays fully in one step: 12-bit registers end one below that, and an extra bit adds it."""
    return cuba.decay_v // DECAY_UNITY


def per_sample(values: Integers, batch: int) -> Integers:
    """Values of the units, repeated for each sample, in the shape of a port."""
    return values if batch == 1 else np.repeat(values[:, np.newaxis], batch, axis=1)


def unit_variable(values: Integers, batch: int) -> Any:
    """A variable of Lava: a single value, as in Lava's own processes, if all units share it."""
    if (values == values[0]).all():
        return Var(shape=(1,), init=int(values[0]))
    init = column(values, batch)
    return Var(shape=init.shape, init=init)


def column(values: Integers, batch: int) -> Integers:
    """Values of the units in a shape that broadcasts over samples."""
    return values if batch == 1 else values[:, np.newaxis]


class RecordedModel(PyLoihiProcessModel):
    """Adds wide ports, decays per unit, external input and recording to a fixed-point model of Lava's."""

    # Lava declares 16 bits for `a_in`, and one decay for all units.
    a_in = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=STATE_BITS)
    s_out = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=STATE_BITS)
    du = LavaPyType(np.ndarray, np.uint16, precision=12)
    dv = LavaPyType(np.ndarray, np.uint16, precision=12)

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.population: Population = proc_params["population"]
        self.buffer: TraceBuffer = proc_params["buffer"]
        request: RunRequest = proc_params["request"]
        self.drive = {name: value for name, value in request.drive.items() if name == self.population.name}
        # Lava stores the bits that the hardware adds to the decays as attributes of the model.
        cuba = cuba_of(self.population)
        self.ds_offset = cuba.decay_offset
        self.dm_offset = column(full_decay_bit(cuba), request.batch)

    def subthr_dynamics(self, activation_in: Any) -> None:
        """Run Lava's dynamics with the external input of this step added."""
        for drive in drive_at(self.drive, self.time_step - 1).values():
            activation_in = activation_in + drive.T.reshape(activation_in.shape).astype(np.int32)
        super().subthr_dynamics(activation_in)

    def run_spk(self) -> None:
        """Run Lava's time step, and record it."""
        super().run_spk()
        state = {"refractory_left": np.zeros_like(self.u), "u": self.u, "v": self.v}
        rows = {name: self.batch_first(value) for name, value in state.items()}
        self.buffer.write(self.time_step - 1, self.population.name, rows, self.batch_first(self.s_out_buff))

    def batch_first(self, values: Any) -> Integers:
        """Convert values from the shape of a port to `(batch, units)`."""
        return values.T.reshape(-1, self.population.size)


class LifModel(RecordedModel, PyLifModelBitAcc):
    """Lava's fixed-point `LIF`."""

    vth = LavaPyType(np.ndarray, np.int32, precision=17)


class ReadoutModel(RecordedModel, PyTernLifModelFixed):
    """Lava's fixed-point `TernaryLIF`."""
