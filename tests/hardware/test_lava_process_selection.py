"""Lava's own models do what the process tables say where a requirement is not met."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantal.hardware.lava import process_selection, projection, simulate
from quantal.hardware.lava.conv import Conv, PyConvModelFixed
from quantal.hardware.lava.lava_imports import (
    LIF,
    Dense,
    OutPort,
    PyDenseModelBitAcc,
    PyLifModelBitAcc,
    PyTernLifModelFixed,
    from_lava,
)
from quantal.hardware.lava.process_selection import Requirement
from quantal.hardware.lava.stepping import SteppedModel
from quantal.neuro.arithmetic import STATE_MAX, Integers
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import Trace
from quantal.neuro.neurons import Accumulator, Cuba, Graded, Memoryless, Spike
from quantal.neuro.simulate import reference
from quantal.neuro.synapses import Dense as DenseWeight

from support.networks import everything_drive, everything_network

ROOT = Path(__file__).parents[2]

DEMONSTRATED: dict[Requirement, str] = {}
"""Requirements whose reason a test demonstrates, with the name of the test."""


def demonstrates(requirement: Requirement) -> Callable[[Any], Any]:
    def register(test: Any) -> Any:
        DEMONSTRATED[requirement] = test.__name__
        return test

    return register


def one(**changes: Any) -> Population:
    """One unit whose current decays fully and whose potential never does; 1000 is added per step; threshold 640."""
    spike = {"threshold_mant": np.array([10]), **changes}
    return Population("one", 1, Cuba(*(np.array([n]) for n in (1000, 0, 4095, 0))), Spike(**spike))


def reference_trace(population: Population, a: Integers) -> Trace:
    """The reference's trace of one unit with this input."""
    return reference.run(CountNetwork("one", (population,)), {"one": a[:, np.newaxis, np.newaxis]}, len(a))


def lif(a: Integers) -> tuple[list[int], list[int], list[int]]:
    """u, v and spikes of Lava's own LIF with the parameters of `one`."""
    process = LIF(shape=(1,), du=4095, dv=0, vth=10, bias_mant=1000)
    stepped = SteppedModel(process, PyLifModelBitAcc)
    rows = [(stepped.step([n]).item(), stepped.model.u.item(), stepped.model.v.item()) for n in a]
    spikes, u, v = map(list, zip(*rows, strict=True))
    return u, v, spikes


@demonstrates(process_selection.ZERO_RESET)
def test_lava_s_lif_resets_to_zero():
    _, v, spikes = lif(np.zeros(4, np.int64))
    subtracting = reference_trace(one(reset="subtract"), np.zeros(4, np.int64))
    assert (spikes, v) == ([1, 1, 1, 1], [0, 0, 0, 0])
    assert subtracting.states["one"]["v"].ravel().tolist() == [360, 720, 1080, 1440]


@demonstrates(process_selection.NOT_REFRACTORY)
def test_lava_s_lif_is_never_refractory():
    _, _, spikes = lif(np.zeros(4, np.int64))
    refractory = reference_trace(one(refractory_steps=2), np.zeros(4, np.int64))
    assert spikes == [1, 1, 1, 1]
    assert refractory.messages["one"].ravel().tolist() == [1, 0, 0, 1]


@demonstrates(process_selection.NO_SECOND_WRAP)
@pytest.mark.parametrize(("a", "lava"), [(2**18 - 1, -64), (3 * 2**17 + 1, 2**23 + 64)])
def test_lava_s_current_wraps_only_once(a: int, lava: int):
    u, _, _ = lif(np.array([a]))
    expected = reference_trace(one(), np.array([a])).states["one"]["u"].item()
    assert u == [lava]
    assert (expected == lava) == (a < process_selection.SECOND_WRAP)
    assert abs(expected) <= STATE_MAX + 1


@demonstrates(process_selection.FLOATING_POINT)
def test_lava_s_refractory_model_is_floating_point_only():
    models = vars(importlib.import_module("lava.proc.lif.models")).values()
    refractory = from_lava("proc.lif.process", "LIFRefractory")
    tags = [model.tags for model in models if getattr(model, "implements_process", None) is refractory]
    assert tags == [["floating_pt"]]


@demonstrates(process_selection.NOTHING_IN_TRANSIT)
def test_messages_in_transit_pass_from_one_sample_to_the_next():
    """Two samples in sequence through Lava's `LIFReset`, `Dense` and `LIFReset`, which are reset in between."""
    steps, weight = 5, 100
    reset, model = from_lava("proc.lif.process", "LIFReset"), from_lava("proc.lif.models", "PyLifResetModelBitAcc")
    first, second = (
        SteppedModel(reset(shape=(1,), du=4095, dv=0, vth=10, bias_mant=n, reset_interval=steps, reset_offset=1), model)
        for n in (1000, 0)
    )
    dense = SteppedModel(Dense(weights=np.array([[weight]])), PyDenseModelBitAcc)
    lava: list[tuple[int, int]] = []
    for _ in range(2 * steps):
        sent = first.step([0])
        second.step(dense.step(sent))
        lava.append((int(sent.item()), second.model.u.item()))
    both = np.array(lava).reshape(2, steps, 2)

    kinds = Population("second", 1, Cuba(*(np.array([n]) for n in (0, 0, 4095, 0))), Spike(np.array([10])))
    network = CountNetwork(
        "two", (one(), kinds), (Projection("up", "one", "second", DenseWeight(np.array([[weight]]))),)
    )
    batch = reference.run(network, {"one": np.zeros((steps, 2, 1), np.int64)}, steps)
    expected = np.stack([batch.messages["one"], batch.states["second"]["u"]], -1)[:, :, 0].transpose(1, 0, 2)
    assert np.array_equal(both[0], expected[0])
    assert np.array_equal(both[1, 1:], expected[1, 1:])
    assert (both[1, 0, 1], expected[1, 0, 1]) == (weight << 6, 0)


@demonstrates(process_selection.NOTHING_IN_TRANSIT)
def test_a_reset_unit_starts_from_zero():
    reset, model = from_lava("proc.lif.process", "LIFReset"), from_lava("proc.lif.models", "PyLifResetModelBitAcc")
    stepped = SteppedModel(reset(shape=(1,), v=500, vth=10, reset_interval=3, reset_offset=1), model)
    stepped.step([0])
    assert stepped.model.v.item() == 0


@demonstrates(process_selection.V_CLEARED)
def test_lava_s_graded_vector_clears_what_it_sent():
    stepped = graded("GradedVec", from_lava("proc.graded.models", "PyGradedVecModelFixed"), vth=np.array([3]))
    memoryless = Population("one", 1, Memoryless(np.zeros(1, np.int64)), Graded(dead_zone=3))
    trace = reference_trace(memoryless, np.array([5]))
    assert stepped.step([5]).item() == trace.messages["one"].item() == 5
    assert (stepped.model.v.item(), trace.states["one"]["v"].item()) == (0, 5)


def graded(name: str, model: type, **params: Any) -> SteppedModel:
    return SteppedModel(from_lava("proc.graded.process", name)(shape=(1,), **params), model)


@demonstrates(process_selection.UNBOUNDED)
def test_lava_s_sum_is_unbounded():
    stepped = SteppedModel(
        from_lava("proc.sdn.process", "Sigma")(shape=(1,)), from_lava("proc.sdn.models", "PySigmaModelFixed")
    )
    a = np.array([STATE_MAX, 5])
    trace = reference_trace(Population("one", 1, Accumulator(np.zeros(1, np.int64)), Graded()), a)
    assert [stepped.step([n]).item() for n in a] == [STATE_MAX, STATE_MAX + 5]
    assert trace.messages["one"].ravel().tolist() == [STATE_MAX, STATE_MAX]


@demonstrates(process_selection.ONE_IMAGE)
def test_lava_s_images_have_no_axis_for_samples():
    with pytest.raises(ValueError, match="3 dimensional"):
        Conv(weight=np.ones((1, 1, 1, 1)), input_shape=(2, 2, 1, 2))


@demonstrates(process_selection.ONE_VECTOR)
@pytest.mark.parametrize("process", [Dense, from_lava("proc.sparse.process", "Sparse")])
def test_lava_s_matrices_take_one_vector(process: Any):
    samples = OutPort(shape=(3, 2))
    with pytest.raises(Exception, match=r"[Ss]hape"):
        samples.connect(process(weights=process_selection.csr_matrix(np.ones((4, 3)))).s_in)


@demonstrates(process_selection.NO_EXPONENT)
def test_lava_s_convolution_ignores_its_exponent():
    weight = np.full((1, 1, 1, 1), 6)
    kwargs = {"weight": weight, "input_shape": (1, 1, 1), "num_message_bits": 24}
    sums = []
    for exponent in (0, 2):
        stepped = SteppedModel(Conv(weight_exp=exponent, **kwargs), PyConvModelFixed)
        stepped.step(np.ones((1, 1, 1)))
        sums.append(stepped.step(np.zeros((1, 1, 1))).item())
    assert sums == [6, 6]


@demonstrates(process_selection.ONE_STEP_DELAY)
@pytest.mark.parametrize(
    ("process", "model", "shape"),
    [
        (Dense(weights=np.full((1, 1), 6)), PyDenseModelBitAcc, (1,)),
        (Conv(weight=np.full((1, 1, 1, 1), 6), input_shape=(1, 1, 1)), PyConvModelFixed, (1, 1, 1)),
    ],
    ids=["Dense", "Conv"],
)
def test_lava_delays_a_sum_by_one_step(process: Any, model: type, shape: tuple[int, ...]):
    stepped = SteppedModel(process, model)
    assert [stepped.step(np.full(shape, step == 0)).item() for step in range(4)] == [0, 6, 0, 0]


@demonstrates(process_selection.SMALL_WINDOWS)
def test_lava_s_window_parameters_are_8_bits_wide():
    conv = Conv(weight=np.ones((1, 1, 1, 1)), input_shape=(1, 1, 1), padding=(130, 0))
    with pytest.raises(Exception, match=r"out of bounds for int8|output x dimension"):
        SteppedModel(conv, PyConvModelFixed).step(np.ones((1, 1, 1)))


def test_every_reason_is_demonstrated():
    candidates = (*process_selection.POPULATIONS, *process_selection.PROJECTIONS)
    requirements = {requirement for candidate in candidates for requirement in candidate.requirements}
    assert {requirement for requirement in requirements if requirement.affects == "result"} == set(DEMONSTRATED)
    assert {requirement.affects for requirement in requirements} == {"result", "speed"}


def test_every_process_that_can_be_selected_can_be_built():
    for candidates, built in (
        (process_selection.POPULATIONS, simulate.POPULATIONS),
        (process_selection.PROJECTIONS, projection.PROCESSES),
    ):
        possible = [
            c.process for c in candidates if all(r.is_met is not process_selection.never_met for r in c.requirements)
        ]
        assert set(possible) == set(built)
        assert candidates[-1].requirements == ()


def test_the_arithmetic_is_lava_s():
    from quantal.hardware.lava.lif import LifModel, ReadoutModel

    for model, parent in ((LifModel, PyLifModelBitAcc), (ReadoutModel, PyTernLifModelFixed)):
        for name in ("scale_bias", "scale_threshold", "spiking_activation", "reset_voltage"):
            assert getattr(model, name) is getattr(parent, name)
    for process, model in ((Conv, PyConvModelFixed), (Dense, PyDenseModelBitAcc)):
        assert simulate.model_of(process.__name__) is model
        assert model.implements_process is process


def test_the_table_in_words_has_a_row_for_each_requirement():
    rows = process_selection.requirement_rows(process_selection.POPULATIONS)
    assert rows[0] == ("Cuba + Spike", "LIF", "reset to zero", "v is set to 0 after every spike")
    assert rows[-1] == ("any + any", "PopulationProcess", "nothing", "")
    assert len(rows) == sum(max(1, len(candidate.requirements)) for candidate in process_selection.POPULATIONS)


def test_process_selection_does_not_import_lava():
    loaded = "[name for name in sys.modules if name.split('.')[0] == 'lava']"
    assert printed(f"import sys, quantal.hardware.lava.process_selection; print({loaded})") == "[]"


def printed(code: str) -> str:
    """What a new Python process prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout.strip()


def test_the_network_of_all_kinds_runs_as_these_processes():
    network = everything_network()
    selected = process_selection.selected_processes(network, everything_drive(1, 5))
    processes = {name: selection.process for name, selection in selected.items()}
    assert len(processes) == len(network.populations) + len(network.projections)
    assert {"PopulationProcess", "TernaryLIF", "Dense", "DelayDense", "Sparse", "DelaySparse"} == set(
        processes.values()
    )
    assert [requirement for _, requirement in selected["population layer"].rejected] == [
        process_selection.NOT_REFRACTORY,
        process_selection.FLOATING_POINT,
        process_selection.NOTHING_IN_TRANSIT,
    ]


def test_a_worker_imports_only_what_its_network_needs():
    """`scipy.signal` and Numba take longer to import than all the rest, and few networks need them."""
    heavy = "[name for name in ('numba', 'scipy.signal') if name in sys.modules]"
    assert printed(f"import sys, quantal.hardware.lava.simulate; print({heavy})") == "[]"
