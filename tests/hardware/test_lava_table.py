"""The table of Lava's processes: where one is passed over, Lava's own model does what the table says against it."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantal.hardware.lava import projection, simulate, table
from quantal.hardware.lava.conv import Conv, PyConvModelFixed
from quantal.hardware.lava.names import (
    LIF,
    Dense,
    OutPort,
    PyDenseModelBitAcc,
    PyLifModelBitAcc,
    PyTernLifModelFixed,
    named,
)
from quantal.hardware.lava.stepping import Stepped
from quantal.hardware.lava.table import Requirement
from quantal.neuro.arithmetic import STATE_MAX, Integers
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import Trace
from quantal.neuro.neurons import Accumulator, Cuba, Graded, Memoryless, Spike
from quantal.neuro.simulate import reference
from quantal.neuro.synapses import Dense as DenseWeight

from support.networks import everything_drive, everything_network

ROOT = Path(__file__).parents[2]

SHOWN: dict[Requirement, str] = {}
"""Conditions whose reason a test shows, by the name of the test."""


def shows(condition: Requirement) -> Callable[[Any], Any]:
    def note(test: Any) -> Any:
        SHOWN[condition] = test.__name__
        return test

    return note


def one(**changes: Any) -> Population:
    """One unit that keeps no current, all of its potential, and fires above 640; 1000 is added at every step."""
    spike = {"threshold_mant": np.array([10]), **changes}
    return Population("one", 1, Cuba(*(np.array([n]) for n in (1000, 0, 4095, 0))), Spike(**spike))


def ours(population: Population, a: Integers) -> Trace:
    """Steps of one unit with this input."""
    return reference.run(CountNetwork("one", (population,)), {"one": a[:, np.newaxis, np.newaxis]}, len(a))


def lif(a: Integers) -> tuple[list[int], list[int], list[int]]:
    """u, v and spikes of Lava's own LIF with the numbers of `one`."""
    process = LIF(shape=(1,), du=4095, dv=0, vth=10, bias_mant=1000)
    stepped = Stepped(process, PyLifModelBitAcc)
    rows = [(stepped.step([n]).item(), stepped.model.u.item(), stepped.model.v.item()) for n in a]
    spikes, u, v = map(list, zip(*rows, strict=True))
    return u, v, spikes


@shows(table.ZERO_RESET)
def test_lava_s_lif_resets_to_zero():
    _, v, spikes = lif(np.zeros(4, np.int64))
    subtracting = ours(one(reset="subtract"), np.zeros(4, np.int64))
    assert (spikes, v) == ([1, 1, 1, 1], [0, 0, 0, 0])
    assert subtracting.states["one"]["v"].ravel().tolist() == [360, 720, 1080, 1440]


@shows(table.NOT_REFRACTORY)
def test_lava_s_lif_does_not_wait():
    _, _, spikes = lif(np.zeros(4, np.int64))
    waiting = ours(one(refractory_steps=2), np.zeros(4, np.int64))
    assert spikes == [1, 1, 1, 1]
    assert waiting.messages["one"].ravel().tolist() == [1, 0, 0, 1]


@shows(table.NO_SECOND_WRAP)
@pytest.mark.parametrize(("a", "lava"), [(2**18 - 1, -64), (3 * 2**17 + 1, 2**23 + 64)])
def test_lava_s_current_goes_round_once(a: int, lava: int):
    u, _, _ = lif(np.array([a]))
    kept = ours(one(), np.array([a])).states["one"]["u"].item()
    assert u == [lava]
    assert (kept == lava) == (a < table.SECOND_WRAP)
    assert abs(kept) <= STATE_MAX + 1


@shows(table.FIXED_POINT)
def test_lava_waits_in_floating_point_only():
    models = vars(importlib.import_module("lava.proc.lif.models")).values()
    refractory = named("proc.lif.process", "LIFRefractory")
    tags = [model.tags for model in models if getattr(model, "implements_process", None) is refractory]
    assert tags == [["floating_pt"]]


@shows(table.NOTHING_IN_TRANSIT)
def test_what_is_under_way_passes_from_one_sample_to_the_next():
    """Two samples one after the other through Lava's `LIFReset`, `Dense` and `LIFReset`, set back between them."""
    steps, weight = 5, 100
    reset, model = named("proc.lif.process", "LIFReset"), named("proc.lif.models", "PyLifResetModelBitAcc")
    first, second = (
        Stepped(reset(shape=(1,), du=4095, dv=0, vth=10, bias_mant=n, reset_interval=steps, reset_offset=1), model)
        for n in (1000, 0)
    )
    dense = Stepped(Dense(weights=np.array([[weight]])), PyDenseModelBitAcc)
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


@shows(table.NOTHING_IN_TRANSIT)
def test_what_is_set_back_starts_from_zero():
    reset, model = named("proc.lif.process", "LIFReset"), named("proc.lif.models", "PyLifResetModelBitAcc")
    stepped = Stepped(reset(shape=(1,), v=500, vth=10, reset_interval=3, reset_offset=1), model)
    stepped.step([0])
    assert stepped.model.v.item() == 0


@shows(table.POTENTIAL_KEPT)
def test_lava_s_graded_vector_forgets_what_it_sent():
    stepped = graded("GradedVec", named("proc.graded.models", "PyGradedVecModelFixed"), vth=np.array([3]))
    memoryless = Population("one", 1, Memoryless(np.zeros(1, np.int64)), Graded(dead_zone=3))
    trace = ours(memoryless, np.array([5]))
    assert stepped.step([5]).item() == trace.messages["one"].item() == 5
    assert (stepped.model.v.item(), trace.states["one"]["v"].item()) == (0, 5)


def graded(name: str, model: type, **params: Any) -> Stepped:
    return Stepped(named("proc.graded.process", name)(shape=(1,), **params), model)


@shows(table.SATURATES)
def test_lava_s_sum_has_no_end():
    stepped = Stepped(named("proc.sdn.process", "Sigma")(shape=(1,)), named("proc.sdn.models", "PySigmaModelFixed"))
    a = np.array([STATE_MAX, 5])
    trace = ours(Population("one", 1, Accumulator(np.zeros(1, np.int64)), Graded()), a)
    assert [stepped.step([n]).item() for n in a] == [STATE_MAX, STATE_MAX + 5]
    assert trace.messages["one"].ravel().tolist() == [STATE_MAX, STATE_MAX]


@shows(table.ONE_PICTURE)
def test_lava_s_pictures_have_no_samples():
    with pytest.raises(ValueError, match="3 dimensional"):
        Conv(weight=np.ones((1, 1, 1, 1)), input_shape=(2, 2, 1, 2))


@shows(table.ONE_VECTOR)
@pytest.mark.parametrize("process", [Dense, named("proc.sparse.process", "Sparse")])
def test_lava_s_matrices_take_a_vector(process: Any):
    samples = OutPort(shape=(3, 2))
    with pytest.raises(Exception, match=r"[Ss]hape"):
        samples.connect(process(weights=table.csr_matrix(np.ones((4, 3)))).s_in)


@shows(table.NO_EXPONENT)
def test_lava_s_convolution_has_no_exponent():
    weight = np.full((1, 1, 1, 1), 6)
    kwargs = {"weight": weight, "input_shape": (1, 1, 1), "num_message_bits": 24}
    sums = []
    for exponent in (0, 2):
        stepped = Stepped(Conv(weight_exp=exponent, **kwargs), PyConvModelFixed)
        stepped.step(np.ones((1, 1, 1)))
        sums.append(stepped.step(np.zeros((1, 1, 1))).item())
    assert sums == [6, 6]


@shows(table.NO_DELAY)
@pytest.mark.parametrize(
    ("process", "model", "shape"),
    [
        (Dense(weights=np.full((1, 1), 6)), PyDenseModelBitAcc, (1,)),
        (Conv(weight=np.full((1, 1, 1, 1), 6), input_shape=(1, 1, 1)), PyConvModelFixed, (1, 1, 1)),
    ],
    ids=["Dense", "Conv"],
)
def test_lava_holds_a_sum_back_for_one_step(process: Any, model: type, shape: tuple[int, ...]):
    stepped = Stepped(process, model)
    assert [stepped.step(np.full(shape, step == 0)).item() for step in range(4)] == [0, 6, 0, 0]


@shows(table.SMALL_WINDOWS)
def test_lava_s_windows_are_8_bits_wide():
    conv = Conv(weight=np.ones((1, 1, 1, 1)), input_shape=(1, 1, 1), padding=(130, 0))
    with pytest.raises(Exception, match=r"out of bounds for int8|output x dimension"):
        Stepped(conv, PyConvModelFixed).step(np.ones((1, 1, 1)))


def test_every_reason_is_shown():
    rows = (*table.POPULATIONS, *table.PROJECTIONS)
    conditions = {condition for row in rows for condition in row.conditions}
    assert {condition for condition in conditions if condition.about == "integers"} == set(SHOWN)
    assert {condition.about for condition in conditions} == {"integers", "time"}


def test_every_process_that_can_be_chosen_is_made():
    for rows, made in ((table.POPULATIONS, simulate.POPULATIONS), (table.PROJECTIONS, projection.PROCESSES)):
        possible = [row.process for row in rows if all(c.holds is not table.never for c in row.conditions)]
        assert set(possible) == set(made)
        assert rows[-1].conditions == ()


def test_the_arithmetic_is_lava_s():
    from quantal.hardware.lava.lif import LifModel, ReadoutModel

    for mine, theirs in ((LifModel, PyLifModelBitAcc), (ReadoutModel, PyTernLifModelFixed)):
        for name in ("scale_bias", "scale_threshold", "spiking_activation", "reset_voltage"):
            assert getattr(mine, name) is getattr(theirs, name)
    for process, model in ((Conv, PyConvModelFixed), (Dense, PyDenseModelBitAcc)):
        assert simulate.model_of(process.__name__) is model
        assert model.implements_process is process


def test_the_table_in_words_has_a_line_for_each_condition():
    rows = table.lines(table.POPULATIONS)
    assert rows[0] == ("Cuba + Spike", "LIF", "reset to zero", "v is set to 0 after every spike")
    assert rows[-1] == ("any + any", "PopulationProcess", "nothing", "")
    assert len(rows) == sum(max(1, len(row.conditions)) for row in table.POPULATIONS)


def test_the_table_needs_no_lava():
    says = (
        "import sys, quantal.hardware.lava.table; print([name for name in sys.modules if name.split('.')[0] == 'lava'])"
    )
    done = subprocess.run([sys.executable, "-c", says], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_what_everything_runs_as():
    network = everything_network()
    choices = table.choices(network, everything_drive(1, 5))
    chosen = {name: choice.process for name, choice in choices.items()}
    assert len(chosen) == len(network.populations) + len(network.projections)
    assert {"PopulationProcess", "TernaryLIF", "Dense", "DelayDense", "Sparse", "DelaySparse"} == set(chosen.values())
    assert [condition for _, condition in choices["population layer"].rejected] == [
        table.NOT_REFRACTORY,
        table.FIXED_POINT,
        table.NOTHING_IN_TRANSIT,
    ]


def test_a_worker_imports_only_what_its_network_needs():
    """SciPy's signals and Numba take longer than all the rest, and few networks need them."""
    heavy = "[name for name in ('numba', 'scipy.signal') if name in sys.modules]"
    asks = f"import sys, quantal.hardware.lava.simulate; print({heavy})"
    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
