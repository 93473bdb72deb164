"""Leaky integrators run as Lava's own LIFs wherever these compute the same, for any number of samples."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.hardware import lava
from quantal.hardware.lava import lif, process_selection, simulate
from quantal.hardware.lava.process_selection import Requirement
from quantal.hardware.lava.run_request import RunRequest, buffer_of, trace_bytes
from quantal.hardware.lava.stepping import SteppedModel
from quantal.neuro.arithmetic import STATE_MAX, Integers
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import EVERYTHING
from quantal.neuro.neurons import Cuba, Graded, Silent, Spike
from quantal.neuro.protocols import Emission
from quantal.neuro.simulate import reference
from quantal.neuro.synapses import Dense

from support.traces import assert_same_record

STEPS = 40


def layered(**changes: Any) -> CountNetwork:
    """Two layers, feedback and a read-out; `changes` apply to the kinds of the first layer."""
    rng = np.random.default_rng(7)

    def layer(name: str, size: int, emission: Emission, **other: Any) -> Population:
        cuba = Cuba(
            rng.integers(-90, 90, size), rng.integers(0, 5, size), *(np.full(size, value) for value in (900, 300))
        )
        initial = {"u": rng.integers(-(2**22), 2**22, size), "v": rng.integers(-(2**22), 2**22, size)}
        of_cuba = {key: value for key, value in other.items() if hasattr(cuba, key)}
        of_emission = {key: value for key, value in other.items() if hasattr(emission, key)}
        return Population(name, size, replace(cuba, **of_cuba), replace(emission, **of_emission), initial)

    spike = Spike(np.full(6, 700))
    return CountNetwork(
        "layers",
        (
            layer("first", 6, spike, **changes),
            layer("second", 4, replace(spike, threshold_mant=np.full(4, 700))),
            layer("readout", 3, Silent()),
        ),
        (
            Projection("up", "first", "second", Dense(rng.integers(-100, 120, (4, 6)) * 2), exponent=3),
            Projection("back", "second", "first", Dense(rng.integers(-100, 120, (6, 4)) * 2), 3, exponent=2),
            Projection("read", "second", "readout", Dense(rng.integers(-100, 120, (3, 4)) * 2), exponent=4),
        ),
    )


def drive_of(batch: int = 1, size: int = 2**12) -> dict[str, Integers]:
    return {"first": np.random.default_rng(1).integers(-size // 2, size, (STEPS, batch, 6))}


def runs_as(network: CountNetwork, drive: dict[str, Integers]) -> list[str]:
    request = RunRequest(network, drive, STEPS, EVERYTHING, 0, "process")
    return [
        process_selection.select_population_process(population, request).process for population in network.populations
    ]


@pytest.mark.parametrize("batch", [1, 5])
def test_all_layers_run_as_lava_s_and_equal_the_reference(batch: int):
    network, drive = layered(), drive_of(batch)
    assert runs_as(network, drive) == ["LIF", "LIF", "TernaryLIF"]
    expected = reference.run(network, drive, STEPS)
    assert expected.messages["second"].any()
    assert_same_record(lava.run_process(network, drive, STEPS), expected)


UNEQUAL = {
    "decay_offset": 0,
    "decay_u": np.array([0, 1, 300, 900, 4094, 4095]),
    "decay_v": np.array([0, 1, 300, 900, 4095, 4096]),
    "threshold_mant": np.array([0, 1, 300, 700, 2**16, 2**17 - 1]),
}


@pytest.mark.parametrize(("batch", "parameters"), [(1, ["decay_offset"]), (1, UNEQUAL), (4, UNEQUAL)])
def test_units_may_have_unequal_parameters(batch: int, parameters: list[str]):
    network, drive = layered(**{name: UNEQUAL[name] for name in parameters}), drive_of(batch)
    assert runs_as(network, drive) == ["LIF", "LIF", "TernaryLIF"]
    assert_same_record(lava.run_process(network, drive, STEPS), reference.run(network, drive, STEPS))


@pytest.mark.parametrize(
    ("changes", "unmet"),
    [
        ({"reset": "subtract"}, process_selection.ZERO_RESET),
        ({"refractory_steps": 2}, process_selection.NOT_REFRACTORY),
    ],
    ids=["reset", "refractory_steps"],
)
def test_what_lava_s_lif_lacks_runs_as_ours_and_equals_the_reference(changes: dict[str, Any], unmet: Requirement):
    network, drive = layered(**changes), drive_of(2)
    assert runs_as(network, drive) == ["PopulationProcess", "LIF", "TernaryLIF"]
    request = RunRequest(network, drive, STEPS, EVERYTHING, 0, "process")
    assert ("LIF", unmet) in process_selection.select_population_process(network.populations[0], request).rejected
    assert_same_record(lava.run_process(network, drive, STEPS), reference.run(network, drive, STEPS))


def test_units_that_start_refractory_run_as_ours():
    network = layered()
    first = network.populations[0]
    refractory = replace(first, initial={**first.initial, "refractory_left": np.array([0, 0, 0, 1, 0, 0])})
    assert runs_as(replace(network, populations=(refractory, *network.populations[1:])), drive_of())[0] != "LIF"


def test_input_that_wraps_u_twice_runs_as_ours_and_equals_the_reference():
    network, drive = layered(), drive_of(2, size=2**18)
    assert runs_as(network, drive) == ["PopulationProcess", "LIF", "TernaryLIF"]
    assert_same_record(lava.run_process(network, drive, STEPS), reference.run(network, drive, STEPS))


def test_other_emissions_run_as_ours():
    network = layered()
    graded = replace(network.populations[0], emission=Graded(20))
    assert runs_as(replace(network, populations=(graded, *network.populations[1:])), drive_of())[0] != "LIF"


def random_population(rng: np.random.Generator, kind: type) -> Population:
    """A few units with any legal parameters, each shared by all units or different."""
    units = int(rng.integers(1, 6))
    offset = int(rng.integers(0, 2))

    def values(low: int, high: int) -> Integers:
        edges = rng.choice([low, high, *rng.integers(low, high, 3, endpoint=True)], units)
        return edges if rng.integers(0, 2) else np.full(units, edges[0])

    cuba = Cuba(values(-4096, 4095), values(0, 7), values(0, 4096 - offset), values(0, 4096), offset)
    emission = Spike(values(0, 2**17 - 1)) if kind is Spike else Silent()
    initial = {"u": values(-STATE_MAX, STATE_MAX + 1), "v": values(-STATE_MAX, STATE_MAX)}
    return Population("one", units, cuba, emission, initial)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), emission=st.sampled_from([Spike, Silent]))
def test_random_units_on_lava_s_models(seed: int, emission: type):
    """Input over the whole range that wraps u at most once, half of it external and half from projections."""
    rng = np.random.default_rng(seed)
    population, batch, steps = random_population(rng, emission), int(rng.integers(1, 4)), 20
    largest = 2 ** int(rng.integers(8, 18)) - 1
    shape = (steps, batch, population.size)
    arriving, drive = (rng.choice([0, -largest, largest, *rng.integers(-largest, largest, 4)], shape) for _ in range(2))
    network = CountNetwork("one", (population,))
    request = RunRequest(network, {"one": drive}, steps, EVERYTHING, 0, "process")
    buffer = buffer_of(request, bytearray(trace_bytes(request)))
    process = {Spike: lif.LifProcess, Silent: lif.ReadoutProcess}[emission](population, request, buffer)
    stepped = SteppedModel(process, simulate.model_of(type(process).__name__))
    for a in arriving:
        stepped.step(a[0] if batch == 1 else a.T)
    expected = reference.run(network, {"one": arriving + drive}, steps)
    assert np.array_equal(buffer.messages["one"], expected.messages["one"])
    for name, value in expected.states["one"].items():
        assert np.array_equal(buffer.states["one"][name], value), name
