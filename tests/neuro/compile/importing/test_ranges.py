"""Ranges of imported layers: proven with a leak, a trade-off without one."""

from __future__ import annotations

from graphlib import CycleError

import numpy as np
import pytest

from quantal.neuro.compile import Options, compile_graph
from quantal.neuro.compile.importing.layers import Layer
from quantal.neuro.compile.importing.leaky_units import LeakyUnits
from quantal.neuro.compile.importing.ranges import LEAKLESS_STEPS, Range, state_ranges, steps_summed
from quantal.neuro.compile.importing.weighted_sums import LinearMap, WeightedSum, mapped, signal, total
from quantal.neuro.neurons import FloatGraded, FloatSilent, FloatSpike
from quantal.neuro.nir import from_nir, read_nir, to_graph
from quantal.neuro.protocols import FloatEmission
from quantal.neuro.simulate.drive import encode
from quantal.neuro.simulate.floats import simulate, simulate_states
from quantal.neuro.simulate.reference import run
from quantal.neuro.synapses import FloatDense

from support import nir_graphs

SPIKING, GRADED = FloatSpike(np.ones(1)), FloatGraded(0.0)


def layer(name: str, source: str, weight: float, decay: float = 0.5, sends: FloatEmission = SPIKING) -> Layer:
    """One unit with the same decay of u and v, and a single weight from a source."""
    values = [np.full(1, value) for value in (1.0, 0.0, decay, decay, 0.0, 0.0)]
    arriving = mapped(LinearMap(FloatDense(np.full((1, 1), weight)), np.zeros(1)), "w", signal(source, 1))
    return Layer(name, LeakyUnits(*values, sends), arriving)


def ranges(*layers: Layer, input_bound: float = 1.0, known: dict[str, Range] | None = None) -> dict[str, Range]:
    return state_ranges({entry.name: entry for entry in layers}, (-input_bound, input_bound), known or {})


def test_input_is_signed_and_spikes_are_not():
    found = ranges(layer("a", "input", 3.0), layer("b", "a", -5.0), input_bound=2.0)
    assert found == {"a": (-24.0, 24.0), "b": (-20.0, 0.0)}


def test_potentials_are_bounded_by_the_range_of_their_source():
    found = ranges(layer("b", "a", -1.0), layer("a", "input", 1.0, sends=GRADED), input_bound=2.0)
    assert found["b"] == (-32.0, 32.0)
    assert ranges(layer("b", "a", -1.0), layer("a", "input", 1.0, sends=GRADED), known={"a": (-1.0, 3.0)})["b"] == (
        -12.0,
        4.0,
    )


def test_potentials_around_a_loop_have_no_bound_but_spikes_have_one():
    with pytest.raises(CycleError):
        ranges(layer("a", "b", 1.0, sends=GRADED), layer("b", "a", 1.0, sends=GRADED))
    assert ranges(layer("a", "b", 1.0), layer("b", "a", 1.0, sends=GRADED))["a"] == (0.0, 16.0)


def test_paths_add_up():
    twice = total([layer("a", "x", 1.0).input, layer("a", "y", 2.0).input], 1)
    assert isinstance(twice, WeightedSum)
    assert ranges(Layer("a", layer("a", "x", 1.0).units, twice))["a"] == (-12.0, 12.0)


def test_a_slow_leak_counts_unless_it_is_too_slow_for_integers():
    steps = steps_summed(np.array([1.0, 1e-3, 1e-6, 1e-9, 0.0]))
    np.testing.assert_allclose(steps, [1, 1e3, 1e6, LEAKLESS_STEPS, LEAKLESS_STEPS])


def test_a_slow_integrator_settles_within_its_range():
    """A range of 1024 steps of input would stop it at a tenth of its final value."""
    slow = nir_graphs.chain(nir_graphs.li(1, tau=10.0), size=1)
    graph = to_graph(from_nir(slow), 0.001)
    v = simulate_states(graph, np.ones((1, 1)), 60_000, ["n0"]).states["n0"]["v"]
    assert isinstance(graph.population("n0").emission, FloatSilent)
    np.testing.assert_allclose(v[-1], 1 - np.exp(-6), rtol=1e-5)


def test_a_network_without_leak_spikes_as_integers_without_being_calibrated():
    """With a range of a million steps all but the first of its layers fall silent."""
    graph = to_graph(read_nir(nir_graphs.FILES / "sinabs_iaf.nir"), 1.0)
    samples = np.load(nir_graphs.FILES / "sinabs_iaf.npz")["input"].astype(np.float64)[:, None]
    network, _ = compile_graph(graph, Options(input="host"))
    integers = run(network, encode(network, samples), len(samples)).messages
    for name, messages in simulate(graph, samples, len(samples)).items():
        assert integers[name].sum() == pytest.approx(messages.sum(), rel=0.1)
