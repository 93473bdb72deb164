"""Leaky integrate-and-fire units as Lava's own process, where it computes the same.

Lava's fixed-point `LIF` has one decay, one decay of u and one threshold a process, resets to zero and has no refractory
time; its u goes round once at most; and its ports take one sample here. Other units run as `PopulationProcess`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hardware.lava.job import Job
from hardware.lava.names import LIF, LavaPyType, PyInPort, PyLifModelBitAcc
from neuro.arithmetic import STATE_BITS, Integers
from neuro.kinds import Cuba, Spike
from neuro.kinds.cuba import INPUT_SHIFT
from neuro.network import Population
from neuro.ranges import summed_range
from neuro.recorder import Recorder
from neuro.reference import at

ONE_ROUND = 2 ** (STATE_BITS - INPUT_SHIFT)
"""Input of this size, six bits up, could carry u round a second time."""


class LifProcess(LIF):
    """Lava's `LIF` with the numbers of a population."""

    def __init__(self, population: Population, job: Job, recorder: Recorder) -> None:
        cuba, spike = population.integration, population.emission
        assert isinstance(cuba, Cuba)
        assert isinstance(spike, Spike)
        zero = np.zeros(population.size, np.int64)
        super().__init__(
            shape=(population.size,),
            u=population.initial.get("u", zero),
            v=population.initial.get("v", zero),
            du=int(cuba.decay_u[0]),
            dv=int(cuba.decay_v[0]),
            bias_mant=cuba.bias_mant,
            bias_exp=cuba.bias_exp,
            vth=int(spike.threshold_mant[0]),
            name=f"population {population.name}",
            population=population,
            job=job,
            recorder=recorder,
        )


class LifModel(PyLifModelBitAcc):
    """Lava's fixed-point model, which also gets external input and records."""

    # Lava's own port is declared with 16 bits.
    a_in = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=STATE_BITS)

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.population: Population = proc_params["population"]
        self.recorder: Recorder = proc_params["recorder"]
        drive = proc_params["job"].drive
        self.drive = {name: value for name, value in drive.items() if name == self.population.name}

    def subthr_dynamics(self, activation_in: Any) -> None:
        """Lava's, with the external input of this step added."""
        drive = at(self.drive, self.time_step - 1).get(self.population.name)
        super().subthr_dynamics(activation_in if drive is None else activation_in + drive[0].astype(np.int32))

    def run_spk(self) -> None:
        """Lava's; what came of it is recorded."""
        super().run_spk()
        state = {"refractory_left": np.zeros_like(self.u), "u": self.u, "v": self.v}
        rows = {name: value[np.newaxis] for name, value in state.items()}
        self.recorder.keep(self.time_step - 1, self.population.name, rows, self.s_out_buff[np.newaxis])


def is_lif(population: Population, job: Job) -> bool:
    """Whether Lava's `LIF` computes the same as this population, for this job."""
    cuba, spike = population.integration, population.emission
    return (
        job.batch == 1
        and isinstance(cuba, Cuba)
        and isinstance(spike, Spike)
        and cuba.decay_offset == 1
        and all(uniform(numbers) for numbers in (cuba.decay_u, cuba.decay_v, spike.threshold_mant))
        and int(cuba.decay_v[0]) < 4096
        and (spike.reset, spike.refractory_steps) == ("zero", 0)
        and not population.initial.get("refractory_left", np.zeros(1)).any()
        and largest_input(population, job) < ONE_ROUND
    )


def uniform(numbers: Integers) -> bool:
    """Whether all units have the same number."""
    return bool((numbers == numbers[0]).all())


def largest_input(population: Population, job: Job) -> int:
    """Size of the largest sum that any message and this drive could make."""
    low, high = summed_range(job.network, population)
    drive = job.drive.get(population.name, np.zeros(1, np.int64))
    return int(max(-low.min(), high.max())) + int(np.abs(drive).max(initial=0))
