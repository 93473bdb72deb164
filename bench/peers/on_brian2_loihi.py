"""Answers of brian2_loihi: weights, sums, delays and neurons from its groups and synapses.

    python -m quantal.bench.peers.on_brian2_loihi questions.npz answers.npz

External input is added to the current in the same slot as synaptic input. States are floating-point numbers. Brian2's
NumPy target is used because it needs no compiler; the Cython target gives the same numbers.
"""

# This script runs in an environment of its own.
# pyright: reportMissingImports=false

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from brian2 import BrianLogger, NetworkOperation, SpikeMonitor, ms, prefs
from brian2_loihi import (
    LoihiNetwork,
    LoihiNeuronGroup,
    LoihiSpikeGeneratorGroup,
    LoihiStateMonitor,
    LoihiSynapses,
    synapse_sign_mode,
)

SHIFT = 6
REFUSED = -1
HIGH_THRESHOLD = 2**17 - 1


def whole(value):
    """Whole floating-point numbers as integers."""
    integers = np.asarray(value).astype(np.int64)
    assert np.array_equal(integers, value)
    return integers


def group(numbers, row, units):
    """The neurons of one set; the register of the refractory time holds one more."""
    return LoihiNeuronGroup(
        units,
        decay_I=int(numbers["decay_u"][row]),
        decay_v=int(numbers["decay_v"][row]),
        threshold_v_mant=int(numbers["threshold_mant"][row]),
        refractory=int(numbers["refractory_steps"][row]) + 1,
    )


def trace(neurons, a):
    """u, v and spikes of one set for input `(steps, units)`."""
    found = {name: np.zeros(a.shape, np.int64) for name in ("u", "v", "spikes")}

    def add():
        step = round(float(network.t / ms))
        neurons.I_ = neurons.I_[:] + (a[step] << SHIFT)
        found["u"][step] = whole(neurons.I_[:])

    def record():
        found["v"][round(float(network.t / ms))] = whole(neurons.v_[:])

    spikes = SpikeMonitor(neurons)
    network = LoihiNetwork(
        neurons, spikes, NetworkOperation(add, when="synapses"), NetworkOperation(record, when="end")
    )
    network.run(len(a))
    found["spikes"][np.rint(spikes.t / ms).astype(int), spikes.i[:]] = 1
    return found


def traces(numbers):
    """u, v and spikes, `(sets, steps, units)`."""
    a = numbers["a"]
    rows = [trace(group(numbers, row, a.shape[-1]), a[row]) for row in range(len(a))]
    return {name: np.array([row[name] for row in rows]) for name in ("u", "v", "spikes")}


def connected(source, target, weights, **options):
    """Synapses of `(target units, source units)`, with the sign mode that fits the weights."""
    mixed, negative = weights.min() < 0 < weights.max(), weights.max() <= 0
    mode = synapse_sign_mode.MIXED if mixed else synapse_sign_mode.EXCITATORY
    mode = synapse_sign_mode.INHIBITORY if negative else mode
    synapses = LoihiSynapses(source, target, sign_mode=mode, **options)
    synapses.connect()
    synapses.w = weights[synapses.j[:], synapses.i[:]]
    return synapses


def arriving(source, target, synapses, steps, *others):
    """Current of the target at each step, `(units, steps)`."""
    current = LoihiStateMonitor(target, "I")
    network = LoihiNetwork(source, target, synapses, current, *others)
    network.run(steps)
    return whole(current.I[:])


def sums(weights, exponent):
    """The input that arrives when every source spikes once; weights are `(target units, source units)`."""
    targets, sources = weights.shape
    source = LoihiSpikeGeneratorGroup(sources, np.arange(sources), np.ones(sources, int))
    target = LoihiNeuronGroup(targets, threshold_v_mant=HIGH_THRESHOLD)
    try:
        synapses = connected(source, target, weights, w_exp=exponent)
    except Exception:
        return np.array(REFUSED)
    return arriving(source, target, synapses, 3)[:, 1] >> SHIFT


def arrival(delay, steps=80):
    """Steps from a neuron's spike to its arrival, for a value of the delay register."""
    generator = LoihiSpikeGeneratorGroup(1, [0], [0])
    source, target = LoihiNeuronGroup(1), LoihiNeuronGroup(1, threshold_v_mant=HIGH_THRESHOLD)
    first = connected(generator, source, np.full((1, 1), 200))
    try:
        second = connected(source, target, np.full((1, 1), 2), delay=delay)
    except Exception:
        return REFUSED
    return int(np.flatnonzero(arriving(source, target, second, steps, generator, first)[0])[0])


def main(questions, answers):
    prefs.codegen.target = "numpy"
    BrianLogger.log_level_error()
    numbers = dict(np.load(questions))
    found: dict[str, Any] = {"arrivals": np.array([arrival(delay) for delay in numbers["delays"].tolist()])}
    for name in numbers["matrices"]:
        for exponent in numbers["exponents"].tolist():
            found[f"{name} {exponent}"] = sums(numbers[name], exponent)
    for name in numbers["cases"]:
        own = {key.split("/")[1]: value for key, value in numbers.items() if key.startswith(f"{name}/")}
        found.update({f"{name}/{key}": value for key, value in traces(own).items()})
    np.savez(answers, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
