"""Leaky integrators as Lava's own processes: spiking ones as `LIF`, read-outs as `TernaryLIF` that never spikes.

Lava's fixed-point models do the arithmetic. Around it, samples are columns of the shape, the ports are 24 bits wide,
external input is added to what arrives, what happens is recorded, and a unit may have decays and a threshold of its
own. `hardware.lava.table` says which populations these are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from quantal.hardware.lava.names import (
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

NEVER = 2 ** (STATE_BITS - 1 - THRESHOLD_SHIFT)
"""A threshold that v can't pass: its end is one below this, six bits up."""


class LifProcess(LIF):
    """Lava's `LIF` with the numbers of a population."""

    def __init__(self, population: Population, request: RunRequest, buffer: TraceBuffer) -> None:
        spike = population.emission
        assert isinstance(spike, Spike)
        super().__init__(**common(population, request.batch))
        equip(self, population, request, buffer)
        self.vth = by_unit(spike.threshold_mant, request.batch)


class ReadoutProcess(TernaryLIF):
    """Lava's `TernaryLIF` with the numbers of a silent population, and thresholds beyond the ends of v."""

    def __init__(self, population: Population, request: RunRequest, buffer: TraceBuffer) -> None:
        super().__init__(vth_hi=NEVER, vth_lo=-NEVER, **common(population, request.batch))
        equip(self, population, request, buffer)


def common(population: Population, batch: int) -> dict[str, Any]:
    """What every LIF of Lava takes; each sample starts from the same state."""
    cuba, zero = cuba_of(population), np.zeros(population.size, np.int64)
    return {
        "name": f"population {population.name}",
        "shape": port_shape(population.size, batch),
        "u": by_sample(population.initial.get("u", zero), batch),
        "v": by_sample(population.initial.get("v", zero), batch),
        "bias_mant": by_sample(cuba.bias_mant, batch),
        "bias_exp": by_sample(cuba.bias_exp, batch),
    }


def equip(process: Any, population: Population, request: RunRequest, buffer: TraceBuffer) -> None:
    """Give a process its decays, and its model what it needs beside its variables."""
    cuba = cuba_of(population)
    process.du = by_unit(cuba.decay_u, request.batch)
    process.dv = by_unit(cuba.decay_v - unity(cuba), request.batch)
    process.proc_params["population"] = population
    process.proc_params["request"] = request
    process.proc_params["buffer"] = buffer


def cuba_of(population: Population) -> Cuba:
    """The integration of a population that is one of `Cuba`."""
    assert isinstance(population.integration, Cuba)
    return population.integration


def unity(cuba: Cuba) -> Integers:
    """1 for the units that keep nothing of v: registers of 12 bits end one before that, and a bit adds it."""
    return cuba.decay_v // DECAY_UNITY


def by_sample(numbers: Integers, batch: int) -> Integers:
    """The same numbers of all units for each sample, in the shape of a port."""
    return numbers if batch == 1 else np.repeat(numbers[:, np.newaxis], batch, axis=1)


def by_unit(numbers: Integers, batch: int) -> Any:
    """A variable of Lava: one number for all units, as its own processes have it, where that is enough."""
    if (numbers == numbers[0]).all():
        return Var(shape=(1,), init=int(numbers[0]))
    init = column(numbers, batch)
    return Var(shape=init.shape, init=init)


def column(numbers: Integers, batch: int) -> Integers:
    """Numbers of units such that they meet every sample."""
    return numbers if batch == 1 else numbers[:, np.newaxis]


class RecordedModel(PyLoihiProcessModel):
    """Around a fixed-point model of Lava's: ports, decays for each unit, external input, and the buffer."""

    # Lava declares 16 bits for this port, and one decay for all units.
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
        # Lava keeps the bits that the hardware adds to the decays as attributes.
        cuba = cuba_of(self.population)
        self.ds_offset = cuba.decay_offset
        self.dm_offset = column(unity(cuba), request.batch)

    def subthr_dynamics(self, activation_in: Any) -> None:
        """Lava's, with the external input of this step added."""
        for drive in drive_at(self.drive, self.time_step - 1).values():
            activation_in = activation_in + drive.T.reshape(activation_in.shape).astype(np.int32)
        super().subthr_dynamics(activation_in)

    def run_spk(self) -> None:
        """Lava's; what came of it is recorded."""
        super().run_spk()
        state = {"refractory_left": np.zeros_like(self.u), "u": self.u, "v": self.v}
        rows = {name: self.by_row(value) for name, value in state.items()}
        self.buffer.write(self.time_step - 1, self.population.name, rows, self.by_row(self.s_out_buff))

    def by_row(self, values: Any) -> Integers:
        """Values in the shape of a port as `(batch, units)`."""
        return values.T.reshape(-1, self.population.size)


class LifModel(RecordedModel, PyLifModelBitAcc):
    """Lava's fixed-point `LIF`."""

    vth = LavaPyType(np.ndarray, np.int32, precision=17)


class ReadoutModel(RecordedModel, PyTernLifModelFixed):
    """Lava's fixed-point `TernaryLIF`."""
