"""Every backend reproduces the integers of a real Loihi 2, step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quantal.hardware.backends import BACKENDS, backend
from quantal.hardware.loihi import chip_potential, chip_spikes, lif_log, lif_network
from quantal.hardware.loihi.lif_log import DECAY_U, DECAY_V, THRESHOLD_MANT, WEIGHT
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.nir import examples, read_nir
from quantal.neuro.simulate import reference
from quantal.neuro.synapses import Dense

LOG = lif_log()
DRIVE = {"input": LOG.input_spikes[:, None, None]}
STEPS = len(LOG.potential)


def changed(
    unit: dict[str, Any] | None = None, spike: dict[str, Any] | None = None, synapse: dict[str, Any] | None = None
) -> CountNetwork:
    """The chip's network with other parameters."""
    network = lif_network()
    source, lif = network.populations
    lif = replace(
        lif, integration=replace(lif.integration, **(unit or {})), emission=replace(lif.emission, **(spike or {}))
    )
    return replace(
        network, populations=(source, lif), projections=(replace(network.projections[0], **(synapse or {})),)
    )


def test_the_log_is_complete():
    assert STEPS == 1000
    assert LOG.input_spikes.sum() == 34
    assert np.flatnonzero(LOG.output_spikes).tolist() == [461, 511, 711, 761]


def test_the_registers_follow_from_the_nir_file_as_the_paper_computed_them():
    """As in the `nir_to_lava.py` of the paper, which rounds down and drops the last 9 of 17 bits of the threshold."""
    node = read_nir(f"{examples.__path__[0]}/lif_norse.nir").nodes["1"].parameters
    leak = 1e-4 / node["tau"].item()
    assert (int(leak * 4095), int(leak * 256)) == (DECAY_V, WEIGHT)
    assert (int(1.0 * 4095), int(node["v_threshold"].item() * 131071) >> 9) == (DECAY_U, THRESHOLD_MANT)


@pytest.mark.parametrize("name", BACKENDS)
def test_every_potential_and_spike_equals_the_chip(name: str):
    trace = backend(name).run(lif_network(), DRIVE, STEPS)
    assert (chip_potential(trace)[:, 0] == LOG.potential).all()
    assert (chip_spikes(trace)[:, 0] == LOG.output_spikes).all()


@pytest.mark.parametrize(
    "network",
    [
        pytest.param(changed(unit={"decay_v": np.array([DECAY_V + 1])}), id="larger decay"),
        pytest.param(changed(unit={"decay_v": np.array([DECAY_V - 1])}), id="smaller decay"),
        pytest.param(changed(unit={"decay_u": np.array([2048])}), id="slower current"),
        pytest.param(changed(unit={"bias_mant": np.array([1])}), id="bias"),
        pytest.param(changed(spike={"threshold_mant": np.array([THRESHOLD_MANT + 1])}), id="higher threshold"),
        pytest.param(changed(spike={"threshold_mant": np.array([THRESHOLD_MANT - 1])}), id="lower threshold"),
        pytest.param(changed(spike={"reset": "subtract"}), id="other reset"),
        pytest.param(changed(synapse={"weight": Dense(np.array([[WEIGHT + 1]]))}), id="larger weight"),
        pytest.param(changed(synapse={"weight": Dense(np.array([[WEIGHT - 1]]))}), id="smaller weight"),
        pytest.param(changed(synapse={"delay_steps": 2}), id="longer delay"),
    ],
)
def test_other_parameters_do_not_reproduce_the_log(network: CountNetwork):
    trace = reference.run(network, DRIVE, STEPS)
    assert (chip_potential(trace)[:, 0] != LOG.potential).any()
