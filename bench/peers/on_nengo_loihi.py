"""Answers of nengo-loihi: weights, sums, delays and neurons from its emulator, for integers that need no scaling.

python -m quantal.bench.peers.on_nengo_loihi questions.npz answers.npz
"""

# This script runs in an environment of its own.
# pyright: reportMissingImports=false

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
from nengo_loihi.block import Axon, LoihiBlock, Synapse
from nengo_loihi.builder import Model
from nengo_loihi.builder.discretize import array_to_int, discretize_weights
from nengo_loihi.builder.validate import validate_synapse_cfg
from nengo_loihi.emulator.interface import BlockInfo, CompartmentState, EmulatorInterface
from nengo_loihi.inputs import SpikeInput

SHIFT = 6
LARGEST = 2**23 - 1
REFUSED = -1


def block(decay_u, decay_v, threshold_mant, bias, refractory_steps):
    """Compartments with these registers; the current's decay holds one less, the refractory time one more."""
    units = len(bias)
    neurons = LoihiBlock(units)
    compartment = neurons.compartment
    compartment.decay_u = np.full(units, decay_u - 1, np.int32)
    compartment.decay_v = np.full(units, decay_v, np.int32)
    compartment.vth = np.full(units, threshold_mant << SHIFT, np.int32)
    compartment.bias = bias.astype(np.int32)
    compartment.refract_delay[:] = refractory_steps + 1
    compartment.scale_u = compartment.scale_v = False
    compartment.vmin, compartment.vmax = -LARGEST, LARGEST
    return neurons


def traces(numbers):
    """u, v and spikes, `(sets, steps, units)`, where the units of a set share decays and threshold."""
    a = numbers["a"]
    u, v, spikes = (np.zeros(a.shape, np.int64) for _ in range(3))
    bias = numbers["bias_mant"] << numbers["bias_exp"]
    scalars = [numbers[name].tolist() for name in ("decay_u", "decay_v", "threshold_mant")]
    for row, (decay_u, decay_v, threshold) in enumerate(zip(*scalars, strict=True)):
        refractory = int(numbers["refractory_steps"][row])
        info = BlockInfo([block(decay_u, decay_v, threshold, bias[row], refractory)])
        state, rng = CompartmentState(info, strict=False), np.random.RandomState(0)
        for step, arriving in enumerate(a[row].astype(np.int32) << SHIFT):
            state.advance_input()
            state.input[0] += arriving
            state.update(rng)
            u[row, step], v[row, step], spikes[row, step] = state.current, state.voltage, state.spiked
    return {"u": u, "v": v, "spikes": spikes}


def connected(weights, exponent, axons):
    """Synapses `(target units, source units)` reached by these axons, as integers."""
    synapse = Synapse(weights.shape[1])
    synapse.set_weights(weights.T.astype(np.float32))
    synapse.format(weight_exp=exponent)
    validate_synapse_cfg(synapse.synapse_cfg)
    for row in synapse.weights:
        array_to_int(row, discretize_weights(synapse.synapse_cfg, row))
    axon = Axon(weights.shape[1])
    axon.target = synapse
    axons.append(axon)
    return synapse


def silent(units):
    """Compartments that never spike."""
    return block(4096, 4095, 2**17 - 1, np.zeros(units, int), 0)


def sums(weights, exponent):
    """The input that arrives when every source spikes once; weights are `(target units, source units)`."""
    target, source = silent(len(weights)), SpikeInput(weights.shape[1])
    try:
        target.add_synapse(connected(weights, exponent, source.axons))
    except AssertionError:
        return np.array(REFUSED)
    source.add_spikes(1, np.arange(weights.shape[1]))
    model = Model()
    model.add_block(target)
    model.add_input(source)
    with EmulatorInterface(model, seed=0) as emulator:
        emulator.run_steps(2)
        return emulator.compartment.input[0] >> SHIFT


def arrival(steps=10):
    """Steps from a spike to its arrival, which is the only delay of the emulator."""
    source, target = block(4096, 0, 1, np.array([65]), 60), silent(1)
    target.add_synapse(connected(np.full((1, 1), 2), 0, source.axons))
    model = Model()
    model.add_block(source)
    model.add_block(target)
    with EmulatorInterface(model, seed=0) as emulator:
        for step in range(steps):
            emulator.step()
            if emulator.compartment.input[0, 1]:
                return step
    return REFUSED


def main(questions, answers):
    numbers = dict(np.load(questions))
    delays = numbers["delays"]
    found: dict[str, Any] = {"arrivals": np.where(delays < CompartmentState.MAX_DELAY, arrival() + delays, REFUSED)}
    for name in numbers["matrices"]:
        for exponent in numbers["exponents"].tolist():
            found[f"{name} {exponent}"] = sums(numbers[name], exponent)
    for name in numbers["cases"]:
        own = {key.split("/")[1]: value for key, value in numbers.items() if key.startswith(f"{name}/")}
        found.update({f"{name}/{key}": value for key, value in traces(own).items()})
    np.savez(answers, **found)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
