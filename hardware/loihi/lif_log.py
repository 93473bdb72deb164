"""The public log of one neuron on a Loihi 2 chip, and the `CountNetwork` that gives the same integers.

Source: the repository of the NIR paper (Pedersen et al., Nature Communications 15, 8122, 2024), folder `paper/01_lif`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import Trace
from quantal.neuro.neurons import Cuba, Graded, Memoryless, Spike
from quantal.neuro.synapses import Dense

FILE = Path(__file__).with_name("lif_lava_loihi_fixed.csv")

DECAY_U, DECAY_V, WEIGHT, THRESHOLD_MANT = 4095, 163, 10, 25
"""The chip's registers, as `nir_to_lava.py` computes them from τ = 2.5 ms, a threshold of 0.1 and steps of 0.1 ms."""

REFRACTORY_REGISTER = 1
"""Steps from a spike until v integrates again, including the step of the spike: the smallest value on the chip."""

REFRACTORY_SHIFT = 7
"""While a unit is refractory, the chip's register of v holds the remaining steps, shifted left by this many bits."""


@dataclass(frozen=True, eq=False)
class ChipLog:
    """What the chip recorded: arrays of shape `(steps,)`.

    Parameters
    ----------
    input_spikes, output_spikes
        0 or 1.
    potential
        The register of v at the end of each step.
    """

    input_spikes: Integers
    potential: Integers
    output_spikes: Integers


def lif_log() -> ChipLog:
    """Read the log of 1000 steps of 0.1 ms."""
    return ChipLog(*np.loadtxt(FILE, delimiter=",").astype(np.int64).T)


def lif_network() -> CountNetwork:
    """Build the network that ran on the chip: an input, one synapse, and one leaky integrate-and-fire unit.

    Give the input spikes as the drive of `input`, `(steps, batch, 1)`.
    """
    zero = np.zeros(1, np.int64)
    unit = Cuba(bias_mant=zero, bias_exp=zero, decay_u=np.array([DECAY_U]), decay_v=np.array([DECAY_V]))
    return CountNetwork(
        "one LIF neuron on Loihi 2",
        (
            Population("input", 1, Memoryless(zero, lowest=0, highest=1), Graded()),
            Population("lif", 1, unit, Spike(np.array([THRESHOLD_MANT]))),
        ),
        (Projection("synapse", "input", "lif", Dense(np.array([[WEIGHT]]))),),
        provenance={"source": "github.com/neuromorphs/NIR, paper/01_lif"},
    )


def chip_potential(trace: Trace) -> Integers:
    """The register of v as the chip reads it out, `(steps, batch)`: in the step of a spike it holds refractory steps.

    Source: nengo-loihi's program on the chip detects spikes by this value (`hardware/snips/nengo_io.c.template`).
    """
    v = trace.states["lif"]["v"][..., 0].astype(np.int64)
    return np.where(chip_spikes(trace), REFRACTORY_REGISTER << REFRACTORY_SHIFT, v)


def chip_spikes(trace: Trace) -> Integers:
    """Output spikes of the unit, `(steps, batch)`."""
    return trace.messages["lif"][..., 0].astype(np.int64)
