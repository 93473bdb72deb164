"""A population as one Lava process, for kinds that Lava has no process for."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantal.hardware.lava.lava_imports import (
    CPU,
    AbstractProcess,
    InPort,
    LavaPyType,
    LoihiProtocol,
    OutPort,
    PyInPort,
    PyLoihiProcessModel,
    PyOutPort,
    implements,
    requires,
    tag,
)
from quantal.hardware.lava.run_request import RunRequest
from quantal.neuro.arithmetic import STATE_BITS, Integers
from quantal.neuro.draws import uniform_draws
from quantal.neuro.network.count_network import Population
from quantal.neuro.simulate.reference import drive_at, population_step
from quantal.neuro.simulate.trace_buffer import TraceBuffer


def port_shape(units: int, batch: int) -> tuple[int, ...]:
    """Shape of a port: `(units,)` for one sample, as in Lava's own processes, else `(units, batch)`."""
    return (units,) if batch == 1 else (units, batch)


class PopulationProcess(AbstractProcess):
    """The units of one population, for all samples: `a_in` receives sums of input, `s_out` sends messages."""

    def __init__(self, population: Population, request: RunRequest, buffer: TraceBuffer) -> None:
        super().__init__(name=f"population {population.name}", population=population, request=request, buffer=buffer)
        shape = port_shape(population.size, request.batch)
        self.a_in = InPort(shape=shape)
        self.s_out = OutPort(shape=shape)


@implements(proc=PopulationProcess, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PopulationModel(PyLoihiProcessModel):
    """Sum, integrate, emit: one step of `neuro.simulate.reference` for one population."""

    a_in = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=STATE_BITS)
    s_out = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=STATE_BITS)

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.population: Population = proc_params["population"]
        self.request: RunRequest = proc_params["request"]
        self.buffer: TraceBuffer = proc_params["buffer"]
        self.drive = {name: value for name, value in self.request.drive.items() if name == self.population.name}
        self.state = initial_state(self.population, self.request.batch)

    def run_spk(self) -> None:
        """Receive the input of this time step, update the units, send their messages."""
        units, batch = self.population.size, self.request.batch
        a = self.a_in.recv().reshape(units, batch).T.astype(np.int64)
        message = self.step(self.time_step - 1, a)
        self.s_out.send(message.T.reshape(port_shape(units, batch)))

    def step(self, step: int, a: Integers) -> Integers:
        """Messages of one step, `(batch, units)`; `a` is the summed input from all projections, of the same shape."""
        p, request = self.population, self.request
        a = a + drive_at(self.drive, step).get(p.name, 0)
        draws = uniform_draws(request.network.seed, p.name, step, request.samples, p.emission.draw_count(p.size))
        message, self.state = population_step(p, self.state, a, draws)
        self.buffer.write(step, p.name, self.state, message)
        return message


def initial_state(population: Population, batch: int) -> dict[str, Integers]:
    """State variables of a population before the first step, `(batch, units)` each."""
    zero = np.zeros(population.size, np.int64)
    return {state: np.tile(population.initial.get(state, zero), (batch, 1)) for state in population.states}
