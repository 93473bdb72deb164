"""From Norse to integers: a compiled model fires nearly as the original, and equally on every backend."""

from __future__ import annotations

import norse.torch as snn
import numpy as np
import pytest
import torch
from torch import nn

from quantal.neuro import engine
from quantal.neuro.compare.traces import check
from quantal.neuro.compile import Options, compile_graph, run_passes
from quantal.neuro.network.graph import Graph, SampleRange
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.drive import encode
from quantal.neuro.simulate.floats import simulate
from quantal.neuro.synapses import Convolution
from quantal.training.export.norse import from_norse

STEPS, BATCH = 60, 8


def images() -> nn.Module:
    p = snn.LIFParameters(v_th=torch.tensor(0.3), v_reset=torch.tensor(-0.1))
    box = snn.LIFBoxParameters(v_th=torch.tensor(0.05))
    front = [nn.Conv2d(1, 4, 3), snn.LIFCell(p), nn.AvgPool2d(2), nn.Conv2d(4, 6, 2), snn.LIFBoxCell(box), nn.Flatten()]
    refractory = snn.LIFRefracRecurrentCell(24, 8, snn.LIFRefracParameters(p))
    return snn.SequentialState(*front, refractory, nn.Linear(8, 3), snn.LICell())


def rows() -> nn.Module:
    p = snn.LIFParameters(v_leak=torch.tensor(0.1), v_th=torch.tensor(0.5))
    return snn.SequentialState(
        nn.Linear(64, 40), snn.LIFCell(p), snn.LIFRecurrentCell(40, 30, p), snn.LILinearCell(30, 3)
    )


@pytest.mark.parametrize("options", [Options(input="host"), Options(weight_slices=2)], ids=["host", "chip"])
@pytest.mark.parametrize("make", [images, rows])
def test_integers_fire_as_the_model_does(make, options):
    """With 8-bit weights after a first layer that the host computes in floats, and with finer ones for all layers."""
    torch.manual_seed(0)
    model = make()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.Linear | nn.Conv2d):
                module.weight.add_(0.1)
    shape, spikes = (1, 8, 8) if make is images else (64,), SampleRange(0.0, 1.0, step=1.0)
    graph, _ = run_passes(from_norse(model, shape, sample_range=spikes), options, "inputs")
    assert isinstance(graph, Graph)
    samples = (np.random.default_rng(0).random((STEPS, BATCH, 64)) < 0.3).astype(float)
    network, _ = compile_graph(graph, options)
    drive = encode(network, samples)
    floats, integers = simulate(graph, samples, STEPS), engine.run(network, drive, STEPS).messages
    for population in network.populations[:-1]:
        rate = floats[population.name].mean()
        assert rate > 0.01
        assert integers[population.name].mean() == pytest.approx(rate, rel=0.05)
        assert np.mean(floats[population.name] != integers[population.name]) < 0.1
    assert all(agreement.equal for agreement in check(network, drive, STEPS, reference.run, {"engine": engine.run}))


def test_a_convolution_stays_a_convolution():
    network, _ = compile_graph(from_norse(images(), (1, 8, 8)))
    first, second = [projection.weight for projection in network.projections[:2]]
    assert isinstance(first, Convolution)
    assert isinstance(second, Convolution)
    assert second.weight.shape == (6, 4, 4, 4)


def test_initial_refractory_steps_are_unchanged():
    fast = snn.LIFBoxParameters(tau_mem_inv=torch.tensor(600.0), v_th=torch.tensor(0.2))
    last = nn.Linear(3, 3)
    with torch.no_grad():
        last.bias.copy_(torch.tensor([0.0, -3.0, 0.0]))
    model = snn.SequentialState(snn.LIFBoxCell(), nn.Linear(3, 3), snn.LIFBoxCell(), last, snn.LIFBoxCell(fast))
    network, _ = compile_graph(from_norse(model, (3,)))
    assert network.populations[-1].initial["refractory_left"].tolist() == [0, 2, 0]
    drive = encode(network, np.ones((2, 3)))
    assert all(agreement.equal for agreement in check(network, drive, 20, reference.run, {"engine": engine.run}))
